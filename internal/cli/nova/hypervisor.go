package nova

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func hypervisorCommands() []command {
	matching := arg.Arg{Flags: "--matching", Metavar: "<hostname>", Help: "Only those whose hostname has this in it; limit and marker are then passed over."}
	which := arg.Arg{Dest: "hypervisor", Metavar: "<hypervisor>", Help: "Hypervisor, by name or ID; from 2.53 by ID, a UUID."}
	return []command{
		{Name: "hypervisor-list", Summary: "List hypervisors.", Versions: "2.0-2.32", Run: hypervisorList, Args: []arg.Arg{matching}},
		{Name: "hypervisor-list", Summary: "List hypervisors.", Versions: "2.33", Run: hypervisorList, Args: []arg.Arg{matching, markerArg, limitArg}},
		{
			Name: "hypervisor-show", Summary: "Show a hypervisor.", Run: hypervisorShow,
			Args: []arg.Arg{which, {Flags: "--wrap", Metavar: "<integer>", Default: 40, Help: "Wrap values at this width; 40 if not given, 0 does not."}},
		},
		{
			Name: "hypervisor-servers", Summary: "List the servers of hypervisors.", Run: hypervisorServers,
			Args: []arg.Arg{{Dest: "hostname", Metavar: "<hostname>", Help: "What the hypervisors' hostnames have in them."}},
		},
		{Name: "hypervisor-uptime", Summary: "Show how long a hypervisor has been up.", Run: hypervisorUptime, Args: []arg.Arg{which}},
		{Name: "hypervisor-stats", Summary: "Show the totals of all hypervisors.", Versions: "2.0-2.87", Run: hypervisorStats},
		{Name: "hypervisor-stats", Summary: "Show the totals of all hypervisors.", Versions: "2.88", Run: hypervisorStats},
	}
}

// hypervisors finds hypervisors. Any text may be an id; from 2.53 the server refuses what is no UUID.
var hypervisors = verb.Kind{
	Class: "hypervisor", Key: "hypervisor_hostname", IsID: func(string) bool { return true },
	Get: func(ctx context.Context, e *verb.Env, id string) (out.Object, error) {
		return verb.AskFor(ctx, e.Compute(), compute.ShowHypervisor, compute.HypervisorID{ID: id}, "hypervisor")
	},
	Named: func(ctx context.Context, e *verb.Env, _ string) ([]out.Object, error) {
		return verb.AskPages(ctx, e.Compute(), compute.ListHypervisorsDetail, compute.HypervisorQuery{}, "hypervisors",
			func(q *compute.HypervisorQuery, marker string) { q.Marker = wire.Some(marker) })
	},
}

// matchingHypervisors asks for those with a pattern in their hostnames, the way that the version has for it.
func matchingHypervisors(ctx context.Context, e *verb.Env, pattern string, servers bool) ([]out.Object, error) {
	switch {
	case e.Since(53):
		query := compute.HypervisorQuery{Pattern: wire.Some(pattern)}
		if servers {
			query.WithServers = wire.Some(true)
		}
		return verb.AskAll(ctx, e.Compute(), compute.ListHypervisors, query, "hypervisors")
	case servers:
		return verb.AskAll(ctx, e.Compute(), compute.ListHypervisorServers, compute.HypervisorID{ID: pattern}, "hypervisors")
	}
	return verb.AskAll(ctx, e.Compute(), compute.SearchHypervisors, compute.HypervisorID{ID: pattern}, "hypervisors")
}

func hypervisorList(ctx context.Context, e *verb.Env) error {
	var list []out.Object
	var err error
	if pattern := e.Args.String("matching"); pattern != "" {
		list, err = matchingHypervisors(ctx, e, pattern, false)
	} else {
		query := compute.HypervisorQuery{}
		if e.Since(33) && e.Args.Has("limit") {
			query.Limit = wire.Some(e.Args.Int("limit"))
		}
		if e.Since(33) && e.Args.Has("marker") {
			query.Marker = wire.Some(e.Args.String("marker"))
		}
		list, err = verb.AskAll(ctx, e.Compute(), compute.ListHypervisors, query, "hypervisors")
	}
	if err != nil {
		return err
	}
	return e.List(verb.Columns("ID", "Hypervisor hostname", "State", "Status"), list, "")
}

func hypervisorShow(ctx context.Context, e *verb.Env) error {
	hypervisor, err := hypervisors.Find(ctx, e, e.Args.String("hypervisor"))
	if err != nil {
		return err
	}
	wrap, err := arg.Int(e.Args.String("wrap"))
	if err != nil {
		return &client.Failure{Class: "ValueError", Message: "--wrap " + e.Args.String("wrap") + " is not a whole number."}
	}
	if e.Print.Format == out.FormatTable {
		hypervisor = flat(hypervisor)
	}
	return e.Print.Show(hypervisor, wrap.(int))
}

// flat takes objects within an object apart: service: {host: x} is service_host: x. A text that is JSON is taken as
// what it says.
func flat(o out.Object) out.Object {
	var all out.Object
	var add func(prefix string, o out.Object)
	add = func(prefix string, o out.Object) {
		for _, m := range o {
			value := m.Value
			if text, ok := value.(string); ok && prefix == "" {
				if decoded, err := out.Decode([]byte(text)); err == nil {
					value = decoded
				}
			}
			if inner, ok := value.(out.Object); ok && len(inner) > 0 {
				add(prefix+m.Key+"_", inner)
				continue
			}
			verb.Set(&all, prefix+m.Key, value)
		}
	}
	add("", o)
	return all
}

func hypervisorServers(ctx context.Context, e *verb.Env) error {
	list, err := matchingHypervisors(ctx, e, e.Args.String("hostname"), true)
	if err != nil {
		return err
	}
	var found []out.Object
	for _, hypervisor := range list {
		for _, server := range verb.Objects(hypervisor, "servers") {
			found = append(found, out.Object{
				{Key: "id", Value: verb.Member(server, "uuid")},
				{Key: "name", Value: verb.Member(server, "name")},
				{Key: "hypervisor_id", Value: verb.Member(hypervisor, "id")},
				{Key: "hypervisor_hostname", Value: verb.Member(hypervisor, "hypervisor_hostname")},
			})
		}
	}
	return e.List(verb.Columns("ID", "Name", "Hypervisor ID", "Hypervisor Hostname"), found, "")
}

func hypervisorUptime(ctx context.Context, e *verb.Env) error {
	hypervisor, err := hypervisors.Find(ctx, e, e.Args.String("hypervisor"))
	if err != nil {
		return err
	}
	if !e.Since(88) {
		in := compute.HypervisorID{ID: verb.Text(hypervisor, "id")}
		if hypervisor, err = verb.AskFor(ctx, e.Compute(), compute.ShowHypervisorUptime, in, "hypervisor"); err != nil {
			return err
		}
		return e.Print.Show(hypervisor, 0)
	}
	var shown out.Object
	for _, key := range [...]string{"id", "hypervisor_hostname", "state", "status", "uptime"} {
		if value, ok := hypervisor.Get(key); ok {
			shown = append(shown, out.Member{Key: key, Value: value})
		}
	}
	return e.Print.Show(shown, 0)
}

func hypervisorStats(ctx context.Context, e *verb.Env) error {
	if e.Since(88) {
		return &client.Failure{Class: client.UnsupportedVersion, Message: "The API has had no hypervisor statistics since version 2.88: ask for an older one, as with --os-compute-api-version 2.87."}
	}
	totals, err := verb.AskFor(ctx, e.Compute(), compute.ShowHypervisorStatistics, wire.None{}, "hypervisor_statistics")
	if err != nil {
		return err
	}
	return e.Print.Show(totals, 0)
}
