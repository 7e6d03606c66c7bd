package nova

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

// choice is what of things is printed, or worked on.
type choice struct {
	where   *verb.Condition
	columns []string
	filter  *out.Filter
}

// apply puts it into what a command runs with. A filter takes JSON.
func (c choice) apply(env *verb.Env) {
	env.Where, env.Print.Columns, env.Print.Filter = c.where, c.columns, c.filter
	if c.filter != nil {
		env.Print.Format = out.FormatJSON
	}
}

// choices reads --where, --columns and --jq.
func choices(ctx context.Context, given *arg.Values) (c choice, err error) {
	if given.Has("where") {
		if c.where, err = verb.ParseCondition(given.String("where")); err != nil {
			return c, err
		}
	}
	for name := range strings.SplitSeq(given.String("columns"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			c.columns = append(c.columns, name)
		}
	}
	if given.Has("jq") {
		if format := given.String("format"); given.Given("format") && format != string(out.FormatJSON) {
			return c, verb.Refuse("--jq is on what --format json prints: leave --format %s out.", format)
		}
		if c.filter, err = out.ParseFilter(ctx, given.String("jq")); err != nil {
			return c, verb.Refuse("%v", err)
		}
	}
	return c, nil
}

// chosenAtOnce is how many servers a command works on at once that has --where and no --parallel.
const chosenAtOnce = 4

// lists says whether a command prints a list whose rows --where may choose.
func lists(name string) bool {
	switch name {
	case "list", "hypervisor-servers", "volume-attachments", "instance-usage-audit-log", "limits", "migration-list", "usage-list":
		return true
	}
	return strings.HasSuffix(name, "-list") || strings.HasPrefix(name, "list-")
}

// reads says whether a command changes nothing.
func reads(name string) bool {
	routes := calls(name)
	return len(routes) > 0 && !slices.ContainsFunc(routes, func(route wire.Endpoint) bool { return route.Info().Method != http.MethodGet })
}

// serverOf is the positional argument that names the servers of a command, at a version.
func serverOf(c *command) *arg.Arg {
	i := slices.IndexFunc(c.Args, func(a arg.Arg) bool { return a.Flags == "" && a.Dest == "server" })
	if i < 0 || c.Name == "ssh" {
		return nil
	}
	return &c.Args[i]
}

// chosen runs a command on each server for which --where holds, in place of those that it would name.
func (p *Process) chosen(ctx context.Context, program *arg.Program[verb.Run], env *verb.Env, name string) error {
	c := program.Find(name, env.Compute().Version)
	server := serverOf(c)
	if server == nil {
		return verb.Refuse("--where chooses the servers that a command works on, or the rows of a list; %s does neither.", name)
	}
	several := server.Nargs == "+"
	without := *c
	without.Args = slices.DeleteFunc(slices.Clone(c.Args), func(a arg.Arg) bool { return a.Flags == "" && a.Dest == "server" })
	asked := *program
	asked.Commands = []command{without}
	_, values, err := asked.Parse(p.Args, env.Compute().Version, p.getenv)
	p.warn(values)
	if err != nil {
		return err
	}
	query := compute.ServerQuery{}
	if slices.ContainsFunc(c.Args, func(a arg.Arg) bool { return a.Flags == "--all-tenants" }) && values.Bool("all_tenants") {
		query.AllTenants = wire.Some("1")
	}
	found, err := find(ctx, env, query)
	if err != nil {
		return err
	}
	if env.DryRun {
		p.complain(fmt.Sprintf("%s would be done to %d server%s; nothing is.\n", name, len(found), plural(len(found))))
		columns := append(verb.Columns("ID", "Name", "Status"), verb.Column{Name: "Host", Key: "OS-EXT-SRV-ATTR:host"})
		plan := *env
		plan.Where = nil
		return plan.List(columns, found, "")
	}
	limit := env.Parallel
	if limit == 0 {
		limit = chosenAtOnce
	}
	act := func(ctx context.Context, server out.Object) (printed, error) {
		var got printed
		one := *env
		one.Print.W, one.Err, one.In = &got.out, &got.err, strings.NewReader("")
		one.Where, one.Chosen, one.Parallel = nil, true, 1
		var value any = verb.Text(server, "id")
		if several {
			value = []any{value}
		}
		one.Args = values.With("server", value)
		err := c.Run(ctx, &one)
		return got, err
	}
	tally := verb.Tally{Doing: name, Quiet: reads(name)}
	seen := progress{w: p.Stderr, all: len(found), redraw: p.ErrTerminal}
	err = verb.Parallel(ctx, limit, found, act, func(server out.Object, got printed, err error) error {
		tally.Add(verb.Text(server, "name")+" ("+verb.Text(server, "id")+")", err)
		seen.clear()
		_, _ = p.Stderr.Write(got.err.Bytes())
		if _, err := env.Print.W.Write(got.out.Bytes()); err != nil {
			return err
		}
		seen.show(&tally)
		return nil
	})
	seen.clear()
	return tally.End(env, err)
}

// printed is what a command printed for one server.
type printed struct{ out, err bytes.Buffer }

// find are the servers for which --where holds.
func find(ctx context.Context, env *verb.Env, query compute.ServerQuery) ([]out.Object, error) {
	var found []out.Object
	for server, err := range env.Where.Choose(listServers(ctx, env, narrowed(env, query), false, true), serverSubject(env)) {
		if err != nil {
			return nil, err
		}
		found = append(found, brief(server))
	}
	return found, nil
}

// brief is what is kept of a server that a command is to work on.
func brief(server out.Object) out.Object {
	var kept out.Object
	for _, key := range [...]string{"id", "name", "status", "OS-EXT-SRV-ATTR:host"} {
		if value, ok := server.Get(key); ok {
			kept = append(kept, out.Member{Key: key, Value: strings.Clone(verb.Text(server, key))})
			if value == nil {
				kept[len(kept)-1].Value = nil
			}
		}
	}
	return kept
}

// progress shows on stderr how far many things are: in one place on a terminal, and else in some ten lines if they are
// many.
type progress struct {
	w      io.Writer
	all    int
	redraw bool

	seen  int
	drawn bool
}

func (p *progress) show(tally *verb.Tally) {
	p.seen++
	switch {
	case p.redraw && p.seen < p.all:
		_, _ = fmt.Fprintf(p.w, "%s of %d", tally.Text(), p.all)
		p.drawn = true
	case p.all >= 20 && p.seen < p.all && p.seen*10/p.all > (p.seen-1)*10/p.all:
		_, _ = fmt.Fprintf(p.w, "%s of %d\n", tally.Text(), p.all)
	}
}

func (p *progress) clear() {
	if p.drawn {
		_, _ = io.WriteString(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
