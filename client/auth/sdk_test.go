package auth

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sdkAsk makes openstacksdk resolve clouds, with its own rules.
const sdkAsk = `
import json, sys, warnings
warnings.simplefilter('ignore')
from openstack.config import loader
answers = []
for case in json.load(sys.stdin):
    home = case['Home']
    names = lambda base: [home + '/' + base + e for e in ('.yaml', '.yml', '.json')]
    try:
        c = loader.OpenStackConfig(config_files=names('clouds'), secure_files=names('secure'), vendor_files=names('clouds-public'), load_envvars=False)
        r = c.get_one(cloud=case['Cloud'], region_name=case['Region'] or None, validate=False)
    except Exception as e:
        answers.append({'error': 'yes'})
        continue
    a = dict(r.config, **r.config['auth'])
    out = {k: str(a[k]) for k in ('auth_url', 'username', 'user_id', 'password', 'project_name', 'project_id', 'user_domain_name', 'user_domain_id',
        'project_domain_name', 'project_domain_id', 'domain_id', 'domain_name', 'system_scope', 'trust_id', 'token', 'application_credential_id', 'application_credential_secret') if k in a and a[k] is not None}
    out['region'] = r.config.get('region_name') or ''
    out['interface'] = r.get_interface('compute') or ''
    out['version'] = r.get_default_microversion('compute') or r.config.get('compute_api_version') or ''
    out['override'] = r.get_endpoint('compute') or ''
    verify, cert = r.get_requests_verify_args()
    out['verify'] = 'no' if verify is False else 'yes' if verify is True else verify
    out['cert'] = cert if isinstance(cert, str) else '+'.join(cert) if cert else ''
    out['type'] = str(r.config.get('auth_type') or '')
    answers.append(out)
json.dump(answers, sys.stdout)
`

// TestCloudsAreReadAsOpenstacksdkReadsThem resolves the same files with openstacksdk and with Load.
func TestCloudsAreReadAsOpenstacksdkReadsThem(t *testing.T) {
	const files = `
clouds:
  plain: {auth: {auth_url: 'http://k/v3', username: u, password: p, project_name: x, user_domain_name: ud, project_domain_id: pd}, region_name: R}
  top: {auth_url: 'http://k/v3', username: u, password: pw, project_id: x, user_domain_id: ud, auth_type: v3password}
  tenant: {auth: {auth_url: 'http://k', username: u, tenant_name: old, tenant_id: oldid}}
  domains: {auth: {auth_url: 'http://k', username: u, project_name: x, domain_name: both}}
  domain-id: {auth: {auth_url: 'http://k', username: u, project_name: x, domain_id: both}}
  domain-scope: {auth: {auth_url: 'http://k', username: u, domain_name: d, user_domain_name: ud}}
  system: {auth: {auth_url: 'http://k', username: u, system_scope: all}}
  trust: {auth: {auth_url: 'http://k', username: u, trust_id: t}}
  token: {auth: {auth_url: 'http://k', token: T}, auth_type: token}
  appcred: {auth_type: v3applicationcredential, auth: {auth_url: 'http://k', application_credential_id: i, application_credential_secret: s}}
  regions: {auth: {auth_url: 'http://k', username: u}, regions: [A, {name: B, values: {interface: internal, compute_api_version: '2.53', auth: {project_name: inB}}}]}
  regions-and-name: {auth: {auth_url: 'http://k'}, region_name: B, regions: [A, B]}
  commas: {auth: {auth_url: 'http://k'}, region_name: 'A,B'}
  place: {auth: {auth_url: 'https://{region_name}.k/v3'}, regions: [east, west]}
  place2: {profile: placed, region_name: west}
  profiled: {profile: base, auth: {username: u, project_name: x}}
  profiled-region: {profile: base, region_name: Z}
  old-profile: {cloud: base, auth: {username: u}}
  verify: {auth: {auth_url: 'http://k'}, verify: false, cacert: /ca.pem}
  insecure: {auth: {auth_url: 'http://k'}, insecure: true}
  insecure-text: {auth: {auth_url: 'http://k'}, insecure: 'True'}
  cacert: {auth: {auth_url: 'http://k'}, cacert: /ca.pem, cert: /c.pem, key: /k.pem}
  cert: {auth: {auth_url: 'http://k'}, cert: /c.pem}
  interface: {auth: {auth_url: 'http://k'}, interface: admin}
  endpoint-type: {auth: {auth_url: 'http://k'}, endpoint_type: internal}
  compute-interface: {auth: {auth_url: 'http://k'}, interface: admin, compute_interface: internal}
  compute-endpoint-type: {auth: {auth_url: 'http://k'}, compute_endpoint_type: internal}
  override: {auth: {auth_url: 'http://k'}, compute_endpoint_override: 'http://n/v2.1', compute_default_microversion: '2.60'}
  dashes: {auth: {auth-url: 'http://k', project-name: x}}
  extended: {auth: {auth_url: 'http://k', username: u}}
`
	home := t.TempDir()
	for name, text := range map[string]string{
		"clouds.yaml":        files,
		"secure.yaml":        "clouds: {extended: {auth: {password: FROMSECURE}}, only-secure: {auth: {auth_url: 'http://s', password: q}}}",
		"clouds-public.yaml": "public-clouds: {base: {auth: {auth_url: 'http://base/v3', user_domain_name: bd}, regions: [P, Q], compute_api_version: '2.42'}, placed: {auth: {auth_url: 'https://{region_name}.p'}}}",
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type ask struct{ Home, Cloud, Region string }
	all, err := parseTree([]byte(files), "f")
	if err != nil {
		t.Fatal(err)
	}
	asks := []ask{{home, "only-secure", ""}, {home, "regions", "B"}, {home, "regions", "C"}, {home, "place", "west"}, {home, "profiled", "Q"}, {home, "nothing", ""}, {home, "regions-and-name", "B"}}
	for name := range all.at("clouds").children() {
		asks = append(asks, ask{home, name, ""})
	}
	question, err := json.Marshal(asks)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "-c", sdkAsk)
	cmd.Dir, cmd.Env = home, []string{"HOME=" + home, "PATH=/usr/bin:/bin"}
	stdin, err := os.CreateTemp(home, "ask")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	if _, err := stdin.Write(question); err != nil {
		t.Fatal(err)
	}
	if _, err := stdin.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = stdin
	reply, err := cmd.Output()
	if err != nil {
		t.Skipf("no openstacksdk to compare with: %v", err)
	}
	var answers []map[string]string
	if err := json.Unmarshal(reply, &answers); err != nil {
		t.Fatal(err)
	}
	for i, a := range asks {
		got := resolved(home, a.Cloud, a.Region)
		if diff := cmp.Diff(answers[i], got); diff != "" {
			t.Errorf("cloud %s, region %q (- openstacksdk, + ours):\n%s", a.Cloud, a.Region, diff)
		}
	}
}

// resolved is what Load makes of a cloud, in the words of sdkAsk.
func resolved(home, cloud, region string) map[string]string {
	flags := map[string]string{"os_cloud": cloud}
	if region != "" {
		flags["os_region_name"] = region
	}
	c, err := Load(Sources{ConfigDirs: []string{home}, Home: home, Flags: flags})
	if err != nil {
		return map[string]string{"error": "yes"}
	}
	out := map[string]string{}
	for _, k := range []Key{
		AuthURL, Username, UserID, ProjectName, ProjectID, UserDomainName, UserDomainID, ProjectDomainName, ProjectDomainID, DomainID, DomainName, SystemScope, TrustID, AppCredID,
	} {
		if c.Has(k) {
			out[string(k)] = c.Get(k)
		}
	}
	for _, k := range []Key{Password, Token, AppCredSecret} {
		if c.Has(k) {
			out[string(k)] = c.Secret(k).Reveal()
		}
	}
	s, err := Open(c, Options{NoCache: true})
	if err != nil {
		// Files of certificates that are not there are only looked for by ours.
		s = &Session{config: c}
	}
	out["region"] = c.Get(RegionName)
	out["interface"] = s.query("compute").iface[:len(s.query("compute").iface)-len("URL")]
	if version := c.Get(ServiceKey("compute", "api_version")); version != "2.latest" {
		out["version"] = version
	} else {
		out["version"] = ""
	}
	out["override"] = c.Get(ServiceKey("compute", "endpoint_override"))
	out["verify"] = "yes"
	if ca := c.Get(CACert); ca != "" {
		out["verify"] = ca
	}
	if c.unverified() {
		out["verify"] = "no"
	}
	out["cert"] = c.Get(Cert)
	if key := c.Get(PrivateKey); key != "" {
		out["cert"] += "+" + key
	}
	if out["type"] = c.Get(AuthType); out["type"] == "" {
		out["type"] = "password" // openstacksdk's default
	}
	return out
}
