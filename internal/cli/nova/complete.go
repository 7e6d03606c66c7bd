package nova

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/client/auth"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

// The user waits at a prompt: names are remembered for a minute, and the cloud is given a second to tell them. When it
// does not, it is not asked again for a while, and what was known stays.
const (
	namesAge   = time.Minute
	namesWait  = time.Second
	namesPause = 10 * time.Second
)

// complete prints what fits the words that a shell hands over. It never fails, asks nothing, and complains of nothing.
func (p *Process) complete(ctx context.Context, args []string) error {
	var words []string
	cut := 0
	switch {
	case len(args) > 0 && args[0] == "--":
		words = args[1:]
	case len(args) == 2:
		words = typedWords(args[1])
		words = words[min(1, len(words)):]
		if len(words) > 0 {
			// bash replaces only what stands behind the last character that it parts words at.
			cut = strings.LastIndexAny(words[len(words)-1], strings.Trim(args[0], " \t\n\"'><;|&(")) + 1
		}
	default:
		return nil
	}
	program := p.withPlugins(Program())
	program.Globals = globalsFor(chosenAuthType(words, p.getenv))
	var b strings.Builder
	for _, c := range p.completeWords(program, words, func(kind string, globals []string) []string {
		return p.namesOf(ctx, program, kind, globals)
	}) {
		b.WriteString(out.Clean(c.word[min(cut, len(c.word)):]))
		if c.about != "" {
			b.WriteString("\t" + out.Clean(c.about))
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(p.Stdout, b.String())
	return err
}

// typedWords parts a line as shells do, as far as quotes and backslashes go; the last word may be unfinished or empty.
func typedWords(line string) []string {
	var words []string
	var word strings.Builder
	quote, any := rune(0), false
	escaped := false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, any = true, true
		case r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, any = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if any {
				words = append(words, word.String())
				word.Reset()
				any = false
			}
		default:
			word.WriteRune(r)
			any = true
		}
	}
	return append(words, word.String())
}

// remembered is the file of the names of one kind.
type rememberedNames struct {
	At    int64 // Unix time
	Names []string
}

// namesOf are the names of the things of a kind that the caller sees, from the last minute.
func (p *Process) namesOf(ctx context.Context, program *arg.Program[verb.Run], kind string, globals []string) []string {
	given, _, err := program.ParseGlobals(globals, p.getenv)
	if err != nil {
		return nil
	}
	sources := auth.Sources{Env: p.Env}
	if p.Sources != nil {
		sources = p.Sources(nil)
	}
	sources.Flags = given.Texts()
	config, err := auth.Load(sources)
	if err != nil || config.Check(true) != nil {
		return nil
	}
	path := p.namesFile(config, kind)
	known := readNames(path)
	now := time.Now()
	if p.Client.Clock.Now != nil {
		now = p.Client.Clock.Now()
	}
	if age := now.Sub(time.Unix(known.At, 0)); age >= 0 && age < namesAge {
		return known.Names
	}
	ctx, cancel := context.WithTimeout(ctx, namesWait)
	defer cancel()
	names, err := p.askNames(ctx, config, given, kind)
	if err != nil {
		writeNames(path, rememberedNames{At: now.Add(namesPause - namesAge).Unix(), Names: known.Names})
		return known.Names
	}
	slices.Sort(names)
	names = slices.Compact(names)
	writeNames(path, rememberedNames{At: now.Unix(), Names: names})
	return names
}

// namesFile is named after the cloud and the caller: all settings but secrets.
func (p *Process) namesFile(config *auth.Config, kind string) string {
	dir := p.CacheDir
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(base, "novalet")
	}
	hash := sha256.New()
	for _, s := range config.Settings() {
		if !s.Secret {
			_, _ = io.WriteString(hash, string(s.Key)+"="+s.Shown()+"\n") // a hash takes everything
		}
	}
	return filepath.Join(dir, "names", hex.EncodeToString(hash.Sum(nil)[:16])+" "+kind+".json")
}

func readNames(path string) (known rememberedNames) {
	if data, err := os.ReadFile(path); err != nil || json.Unmarshal(data, &known) != nil {
		return rememberedNames{}
	}
	return known
}

// writeNames keeps names if it can: without, the next word takes longer, and that is all.
func writeNames(path string, known rememberedNames) {
	data, err := json.Marshal(known)
	if err != nil || path == "" || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return
	}
	_, err = temporary.Write(data)
	if temporary.Close() != nil || err != nil || os.Rename(temporary.Name(), path) != nil {
		_ = os.Remove(temporary.Name())
	}
}

// askNames asks the cloud, once and briefly.
func (p *Process) askNames(ctx context.Context, config *auth.Config, given *arg.Values, kind string) ([]string, error) {
	options := p.Client
	options.Retries, options.Timeout = -1, namesWait
	session, err := auth.Open(config, auth.Options{Client: options, CacheDir: p.CacheDir, NoCache: given.Bool("no_cache")})
	if err != nil {
		return nil, err
	}
	cloud := session.Client()
	version, err := cloud.Compute.Negotiate(ctx, client.Asked{Version: wire.V(2, 0), Latest: true}, client.Range{Min: compute.MinVersion, Max: newest})
	if err != nil {
		return nil, err
	}
	cloud = cloud.At(version)
	switch kind {
	case "server":
		return listed(verb.AskAll(ctx, cloud.Compute, compute.ListServers, compute.ServerQuery{}, "servers"))("name")
	case "flavor":
		return listed(verb.AskAll(ctx, cloud.Compute, compute.ListFlavors, compute.FlavorQuery{}, "flavors"))("name")
	case "image":
		return namesOfImages(ctx, cloud)
	case "keypair":
		items, err := verb.AskAll(ctx, cloud.Compute, compute.ListKeypairs, compute.KeypairQuery{}, "keypairs")
		for i := range items {
			items[i], _ = verb.Member(items[i], "keypair").(out.Object)
		}
		return listed(items, err)("name")
	case "hypervisor":
		return listed(verb.AskAll(ctx, cloud.Compute, compute.ListHypervisors, compute.HypervisorQuery{}, "hypervisors"))("hypervisor_hostname")
	case "aggregate":
		return listed(verb.AskAll(ctx, cloud.Compute, compute.ListAggregates, wire.None{}, "aggregates"))("name")
	case "host":
		return listed(verb.AskAll(ctx, cloud.Compute, compute.ListServices, compute.ServiceQuery{Binary: wire.Some("nova-compute")}, "services"))("host")
	case "zone":
		return listed(verb.AskAll(ctx, cloud.Compute, compute.ListAvailabilityZones, wire.None{}, "availabilityZoneInfo"))("zoneName")
	case "server group":
		return listed(verb.AskAll(ctx, cloud.Compute, compute.ListServerGroups, compute.ServerGroupQuery{}, "server_groups"))("id")
	}
	return nil, nil
}

func namesOfImages(ctx context.Context, cloud *client.Client) ([]string, error) {
	var names []string
	for one, err := range cloud.Images.List(ctx, image.Query{}) {
		if err != nil {
			return nil, err
		}
		if one.Name != nil {
			names = append(names, *one.Name)
		}
	}
	return names, nil
}

// listed takes a member out of each of a list's items.
func listed(items []out.Object, err error) func(key string) ([]string, error) {
	return func(key string) ([]string, error) {
		var names []string
		for _, item := range items {
			if name := verb.Text(item, key); name != "" {
				names = append(names, name)
			}
		}
		return names, err
	}
}
