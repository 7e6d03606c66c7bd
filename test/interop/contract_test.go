package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client/auth"
)

// TestContract asks a cloud for every route of the Compute API's contract, at every version that both have, and reads
// each reply strictly: a member that the contract lacks, or has in another type, fails. Each body that the cloud takes
// must be one that the contract takes. What to ask stands in testdata/contract/calls.txt, and every route that is asked
// nowhere there must be named in testdata/contract/beyond.txt with the reason.
func TestContract(t *testing.T) {
	all := clouds(t)
	script, err := readCalls("testdata/contract/calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	beyond, err := readBeyond("testdata/contract/beyond.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			p := newProbe(t, c)
			defer p.clean(script["end"])
			defer p.report(beyond)
			p.once(script["once"])
			shared := maps.Clone(p.vars)
			for _, v := range p.versions() {
				p.section(script["each"], v)
				p.vars = maps.Clone(shared)
			}
			p.readAll()
			for _, v := range p.milestones() {
				p.section(script["life"], v)
			}
		})
	}
}

// A call is one line of calls.txt.
type call struct {
	line  int
	span  wire.Span // the versions to ask at
	need  string    // a variable without which the line is passed over
	may   bool      // a refusal is no error
	wait  string    // instead of a call: the status that the server must come to
	let   string    // instead of a call: a variable to set to body
	route wire.Endpoint
	body  string
	keep  map[string]string // path parameter -> member of the reply that it is taken from
	query string
}

// readCalls reads sections of lines `[@SPAN] [$NEEDED] [?] ROUTE [?QUERY] [BODY] [> PARAMETER MEMBER]...` `wait STATUS` and `let NAME VALUE`.
func readCalls(path string) (map[string][]call, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	routes := map[string]wire.Endpoint{}
	for _, e := range compute.Routes() {
		routes[e.Info().Name] = e
	}
	sections, section := map[string][]call{}, ""
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "-- "); ok {
			section = strings.TrimSuffix(name, " --")
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		c := call{line: i + 1, keep: map[string]string{}}
		word, rest, _ := strings.Cut(line, " ")
		if span, ok := strings.CutPrefix(word, "@"); ok {
			if c.span, err = wire.ParseSpan(span); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
			}
			word, rest, _ = strings.Cut(rest, " ")
		}
		if need, ok := strings.CutPrefix(word, "$"); ok {
			c.need = need
			word, rest, _ = strings.Cut(rest, " ")
		}
		if word == "?" {
			c.may = true
			word, rest, _ = strings.Cut(rest, " ")
		}
		rest, kept, _ := strings.Cut(" "+rest, " > ")
		for words := strings.Fields(kept); len(words) > 1; words = words[2:] {
			c.keep[words[0]] = words[1]
		}
		rest = strings.TrimSpace(rest)
		if word == "wait" {
			c.wait = rest
		} else if word == "let" {
			c.let, rest, _ = strings.Cut(rest, " ")
		} else if c.route = routes[word]; c.route == nil {
			return nil, fmt.Errorf("%s:%d: the contract has no route %s", path, i+1, word)
		}
		if strings.HasPrefix(rest, "?") {
			c.query, rest, _ = strings.Cut(rest[1:], " ")
		}
		c.body = strings.TrimSpace(rest)
		sections[section] = append(sections[section], c)
	}
	return sections, nil
}

// readBeyond reads lines `ROUTE reason` of routes that a cloud may refuse at every version.
func readBeyond(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	reasons := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, reason, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name[0] != '#' {
			reasons[name] = strings.TrimSpace(reason)
		}
	}
	return reasons, nil
}

// A probe is a cloud that is asked, and what came of it.
type probe struct {
	t        *testing.T
	session  *auth.Session
	endpoint string
	newest   wire.Version
	stride   uint16            // 1 for every version
	vars     map[string]string // path parameters and $WORDS

	taken   bool              // the last call was
	replies map[string]int    // read strictly, by route
	read    map[routeAt]bool  // at least once
	refused map[string]string // the last refusal by route

	unserved map[string]bool // routes that this cloud does not do
	lost     map[string]bool // variables that they would have set
}

func newProbe(t *testing.T, c cloud) *probe {
	config, err := auth.Load(auth.Sources{Env: func(name string) (string, bool) {
		i := slices.IndexFunc(c.env, func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
		if i < 0 {
			return "", false
		}
		return c.env[i][len(name)+1:], true
	}})
	if err != nil {
		t.Fatal(err)
	}
	session, err := auth.Open(config, auth.Options{NoCache: true})
	if err != nil {
		t.Fatal(err)
	}
	versions, err := session.Client().Compute.Versions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if compute.MaxVersion.Less(versions.Max) {
		versions.Max = compute.MaxVersion
	}
	endpoint, err := session.Endpoint(t.Context(), compute.Service)
	if err != nil {
		t.Fatal(err)
	}
	p := &probe{
		t: t, session: session, endpoint: strings.TrimRight(endpoint, "/"), newest: versions.Max,
		vars: map[string]string{"RUN": "contract-" + tag()}, replies: map[string]int{}, read: map[routeAt]bool{}, refused: map[string]string{},
		unserved: map[string]bool{}, lost: map[string]bool{},
	}
	if _, err := fmt.Sscan(env("NOVALET_INTEROP_STRIDE", "1"), &p.stride); err != nil || p.stride == 0 {
		t.Fatalf("NOVALET_INTEROP_STRIDE is no positive number: %v", err)
	}
	info, err := session.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.vars["project_id"], p.vars["user_id"] = info.Project.V.ID, info.User.ID
	for found, err := range session.Client().Images.List(t.Context(), image.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if found.Status == "active" && p.vars["image_id"] == "" {
			p.vars["image_id"] = found.ID
		}
	}
	p.vars["networks"], p.vars["networks_listed"] = `"auto"`, "[]" // until 2.36 there is only the list
	if endpoint, err := session.Endpoint(t.Context(), "network"); err != nil {
		p.lost["network_id"] = true
	} else {
		_, _, reply := p.get(strings.TrimRight(endpoint, "/") + "/v2.0/networks?name=private")
		p.vars["network_id"] = dig(reply, "networks.0.id")
		p.vars["networks_listed"] = `[{"uuid":"` + p.vars["network_id"] + `"}]`
		p.vars["networks"] = p.vars["networks_listed"]
	}
	return p
}

func (p *probe) versions() []wire.Version {
	var all []wire.Version
	for minor := compute.MinVersion.Minor; minor <= p.newest.Minor; minor += p.stride {
		all = append(all, wire.V(2, minor))
	}
	return all
}

// milestones are versions at which actions on servers answer or take something else.
func (p *probe) milestones() []wire.Version {
	if p.stride > 1 {
		return []wire.Version{compute.MinVersion, p.newest}
	}
	return slices.DeleteFunc([]wire.Version{
		wire.V(2, 1), wire.V(2, 14), wire.V(2, 26), wire.V(2, 46), wire.V(2, 54), wire.V(2, 68), wire.V(2, 84), p.newest,
	}, func(v wire.Version) bool { return p.newest.Less(v) })
}

// section makes the calls of a section, each at v when v has it.
func (p *probe) section(calls []call, v wire.Version) {
	p.t.Helper()
	p.vars["T"] = fmt.Sprintf("%s-%d", p.vars["RUN"], v.Minor)
	for _, c := range calls {
		if c.has(v) {
			p.step(c, v)
		}
	}
}

// once makes the calls of a section, each at the newest version that has it.
func (p *probe) once(calls []call) {
	p.t.Helper()
	p.vars["T"] = p.vars["RUN"]
	for _, c := range calls {
		versions := p.versions()
		for i := len(versions) - 1; i >= 0; i-- {
			if c.has(versions[i]) {
				p.step(c, versions[i])
				break
			}
		}
	}
}

// has reports whether the line is for a version.
func (c call) has(v wire.Version) bool {
	return c.span.Has(v) && (c.route == nil || c.route.Info().Span.Has(v))
}

func (p *probe) step(c call, v wire.Version) {
	p.t.Helper()
	if c.need != "" && p.vars[c.need] == "" {
		if c.route != nil && p.replies[c.route.Info().Name] == 0 {
			p.refuse(c, "nothing has set "+c.need, p.lost[c.need])
		}
		return
	}
	text := c.body + c.query
	if c.route != nil {
		text += c.route.Info().Path
	}
	switch missing := p.unset(text); {
	case missing != "" && c.route != nil:
		p.refuse(c, "nothing has set "+missing, p.lost[missing])
		p.taken = false
	case missing != "":
		p.lost[c.let] = p.lost[missing]
	case c.wait != "" && p.taken:
		p.await(c.wait)
	case c.wait != "":
	case c.let != "":
		p.vars[c.let] = p.expand(c.body)
	default:
		p.call(c, v)
	}
}

// clean removes what the run has made.
func (p *probe) clean(end []call) {
	p.once(end)
	images := p.session.Client().Images
	for found, err := range images.List(p.t.Context(), image.Query{}) {
		if err == nil && found.Name != nil && strings.HasPrefix(*found.Name, p.vars["RUN"]) {
			err = images.Delete(p.t.Context(), found.ID)
		}
		if err != nil {
			p.t.Error(err)
			return
		}
	}
}

// call makes one call and holds it against the contract.
func (p *probe) call(c call, v wire.Version) {
	p.t.Helper()
	info := c.route.Info()
	what := fmt.Sprintf("line %d: %s at %s", c.line, info.Name, v)
	body := p.expand(c.body)
	status, header, reply := p.send(info, v, p.expand(c.query), body)
	p.taken = status == info.Status.At(v)
	if !p.taken {
		unserved := status == http.StatusNotImplemented // and said by name: it is no part of what this cloud does
		p.refuse(c, fmt.Sprintf("%d at %s: %s", status, v, clip(reply)), unserved)
		if unserved {
			return
		}
		if len(c.keep) > 0 && !c.may {
			p.t.Fatalf("%s: %d instead of %d: %s", what, status, info.Status.At(v), clip(reply))
		} else if !c.may {
			p.t.Errorf("%s: %d instead of %d: %s", what, status, info.Status.At(v), clip(reply))
		}
		return
	}
	if info.TakesBody(v) {
		sent := []byte(body)
		if info.Action != "" {
			var err error
			if _, sent, err = wire.ActionKey(sent); err != nil {
				p.t.Errorf("%s: %v", what, err)
			}
		}
		path := func(name string) string { return p.vars[name] }
		query, _ := url.ParseQuery(p.expand(c.query))
		if err := c.route.CheckCall(v, path, query, http.Header{}, sent); err != nil {
			p.t.Errorf("%s: the cloud takes what the contract refuses: %v\n%s", what, err, body)
		}
	}
	if err := c.route.CheckReply(v, header, reply); err != nil {
		p.t.Errorf("%s: the reply is against the contract: %v\n%s", what, err, clip(reply))
		return
	}
	p.replies[info.Name]++
	p.read[routeAt{info.Name, v}] = true
	for name, member := range c.keep {
		member, isToken := strings.CutSuffix(member, "#token")
		value := dig(reply, member)
		if isToken { // of the URL of a console: ...?token=x, or inside another parameter
			value = value[strings.LastIndexAny(value, "=D")+1:]
		}
		if value != "" {
			p.vars[name] = value
		} else {
			p.t.Errorf("%s: there is no %s in %s", what, member, clip(reply))
		}
	}
}

// readAll asks for every GET route at every version that has it, where no section has.
func (p *probe) readAll() {
	p.t.Helper()
	for _, e := range compute.Routes() {
		info := e.Info()
		if info.Method != http.MethodGet {
			continue
		}
		if name := p.unset(info.Path); name != "" {
			p.refuse(call{route: e}, "nothing has set "+name, p.lost[name])
			continue
		}
		refusals := 0
		for _, v := range p.versions() {
			if !info.Span.Has(v) || p.read[routeAt{info.Name, v}] || refusals == enough {
				continue
			}
			if p.call(call{route: e, may: true}, v); !p.taken {
				refusals++
			}
		}
	}
}

// enough refusals of a route's first versions are those of all: what it names is not there.
const enough = 5

// routeAt is a route at a version.
type routeAt struct {
	route string
	v     wire.Version
}

// refuse notes why a call had no success. What an unserved route would have set is lost, and what builds on that is
// not served either.
func (p *probe) refuse(c call, why string, unserved bool) {
	name := c.route.Info().Name
	p.refused[name] = why
	p.unserved[name] = unserved
	for variable := range c.keep {
		p.lost[variable] = unserved
	}
}

// unset is a variable in a text that has no value, because what would have set it was refused; empty when all have.
func (p *probe) unset(text string) string {
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		if p.vars[m[1]+m[2]] == "" {
			return m[1] + m[2]
		}
	}
	return ""
}

// variable is a {parameter} of a path or a $WORD of a body.
var variable = regexp.MustCompile(`\{([a-z_]+)\}|\$([A-Za-z_]+)`)

// send sends a request as it is.
func (p *probe) send(info wire.Info, v wire.Version, query, body string) (int, http.Header, []byte) {
	p.t.Helper()
	path := variable.ReplaceAllStringFunc(info.Path, func(name string) string {
		name = strings.Trim(name, "{}")
		// Before 2.53 hypervisors and services go by number, and two routes by the hypervisor's name.
		if number := p.vars[name+"_number"]; number != "" && v.Less(wire.V(2, 53)) {
			if byName := p.vars[name+"_name"]; byName != "" && (strings.HasSuffix(info.Path, "/search") || strings.HasSuffix(info.Path, "/servers")) {
				return byName
			}
			return number
		}
		return url.PathEscape(p.vars[name])
	})
	if query != "" {
		path += "?" + query
	}
	request, err := http.NewRequestWithContext(p.t.Context(), info.Method, p.endpoint+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("OpenStack-API-Version", "compute "+v.String())
	request.Header.Set(compute.LegacyHeader, v.String())
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return p.do(request)
}

func (p *probe) get(url string) (int, http.Header, []byte) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.do(request)
}

func (p *probe) do(request *http.Request) (int, http.Header, []byte) {
	p.t.Helper()
	token, err := p.session.Token(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("X-Auth-Token", token.Reveal())
	request.Header.Set("Accept", "application/json")
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return reply.StatusCode, reply.Header, text
}

func (p *probe) expand(text string) string {
	return os.Expand(text, func(name string) string { return p.vars[name] })
}

// await waits until the server has a status and no task.
func (p *probe) await(status string) {
	p.t.Helper()
	show := compute.ShowServer.Info()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		code, _, reply := p.send(show, wire.V(2, 1), "", "")
		if dig(reply, "server.status") == status && dig(reply, "server.OS-EXT-STS:task_state") == "" || code == http.StatusNotFound && status == "GONE" {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the server does not become %s: %s", status, clip(reply))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// report prints how many replies of each route were read, and fails for a route with none and no reason why.
func (p *probe) report(beyond map[string]string) {
	total, routes := 0, 0
	for _, e := range compute.Routes() {
		info := e.Info()
		n := p.replies[info.Name]
		reason, known := beyond[info.Name]
		switch inSpan := slices.ContainsFunc(p.versions(), info.Span.Has); {
		case n > 0:
			total, routes = total+n, routes+1
		case p.unserved[info.Name]:
			p.t.Logf("%-32s none: not done by this cloud (%s)", info.Name, p.refused[info.Name])
		case known:
			p.t.Logf("%-32s none: %s (%s)", info.Name, reason, p.refused[info.Name])
		case !inSpan:
			p.t.Logf("%-32s none: this cloud's versions end at %s", info.Name, p.newest)
		default:
			p.t.Errorf("%s was never answered with success (%s): ask for it in calls.txt, or say why not in beyond.txt", info.Name, p.refused[info.Name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.replies)) {
		p.t.Logf("%-32s %d", name, p.replies[name])
	}
	p.t.Logf("%d replies of %d routes, %s to %s, read strictly: %d routes at versions", total, routes, compute.MinVersion, p.newest, len(p.read))
}

func clip(text []byte) string { return string(text[:min(len(text), 600)]) }

// dig is the text of a member of a JSON document, such as servers.0.id; empty when it is null or not there.
func dig(document []byte, path string) string {
	var at any
	if json.Unmarshal(document, &at) != nil {
		return ""
	}
	for name := range strings.SplitSeq(path, ".") {
		switch x := at.(type) {
		case map[string]any:
			at = x[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(x) {
				return ""
			}
			at = x[i]
		default:
			return ""
		}
	}
	if at == nil {
		return ""
	}
	return fmt.Sprint(at)
}
