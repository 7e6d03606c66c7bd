package nova

import (
	"context"
	"fmt"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/pytext"
	"github.com/novalet/novalet/internal/cli/verb"
)

func serverGroupCommands() []command {
	const create = "Make a server group."
	name := arg.Arg{Dest: "name", Metavar: "<name>", Help: "Name of the new group."}
	policy := arg.Arg{Dest: "policy", Metavar: "<policy>", Help: "affinity or anti-affinity, from 2.15 also soft-affinity or soft-anti-affinity."}
	return []command{
		{
			Name: "server-group-list", Summary: "List the server groups.", Run: serverGroupList,
			Args: []arg.Arg{
				limitArg,
				{Flags: "--offset", Metavar: "<offset>", Type: arg.Int, Help: "Begin behind so many."},
				{Flags: "--all-projects", Action: arg.StoreTrue, Help: "Those of every project (for administrators)."},
			},
		},
		{Name: "server-group-create", Summary: create, Versions: "2.0-2.63", Run: serverGroupCreate, Args: []arg.Arg{name, policy}},
		{
			Name: "server-group-create", Summary: create, Versions: "2.64", Run: serverGroupCreate,
			Args: []arg.Arg{
				name, policy,
				{Flags: "--rule", Dest: "rules", Metavar: "<key=value>", Action: arg.Append, Help: "A rule of anti-affinity: max_server_per_host=N."},
			},
		},
		{
			Name: "server-group-delete", Summary: "Delete server groups; their members stay.", Run: serverGroupDelete,
			Args: []arg.Arg{{Dest: "id", Metavar: "<id>", Nargs: "+", Help: "IDs of the groups."}},
		},
		{
			Name: "server-group-get", Summary: "Show a server group.", Run: serverGroupGet,
			Args: []arg.Arg{{Dest: "id", Metavar: "<id>", Help: "ID of the group."}},
		},
	}
}

func serverGroupList(ctx context.Context, e *verb.Env) error {
	query := compute.ServerGroupQuery{}
	if e.Args.Bool("all_projects") {
		query.AllProjects = wire.Some("True")
	}
	if limit := e.Args.Int("limit"); limit != 0 {
		query.Limit = wire.Some(limit)
	}
	if offset := e.Args.Int("offset"); offset != 0 {
		query.Offset = wire.Some(offset)
	}
	groups, err := verb.AskAll(ctx, e.Compute(), compute.ListServerGroups, query, "server_groups")
	if err != nil {
		return err
	}
	return printServerGroups(e, groups)
}

func printServerGroups(e *verb.Env, groups []out.Object) error {
	columns := verb.Columns("Id", "Name")
	if e.Since(13) {
		columns = append(columns, verb.Columns("Project Id", "User Id")...)
	}
	if e.Since(64) {
		columns = append(columns, verb.Columns("Policy", "Rules", "Members")...)
	} else {
		columns = append(columns, verb.Columns("Policies", "Members", "Metadata")...)
	}
	return e.List(columns, groups, "")
}

// anyRules is the body of POST /os-server-groups with whatever rules the user names: what they may be is the server's
// to say.
type anyRules struct {
	Group anyRulesGroup `json:"server_group"`
}

type anyRulesGroup struct {
	Name   string         `json:"name"`
	Policy string         `json:"policy"`
	Rules  map[string]any `json:"rules"`
}

func serverGroupCreate(ctx context.Context, e *verb.Env) error {
	a := e.Args
	var rules map[string]any
	var group out.Object
	var err error
	if e.Since(64) {
		if rules, err = groupRules(a.Strings("rules")); err != nil {
			return err
		}
	}
	if len(rules) > 0 {
		in := anyRules{anyRulesGroup{Name: a.String("name"), Policy: a.String("policy"), Rules: rules}}
		group, err = verb.AskFor(ctx, e.Compute(), wire.Route[anyRules, compute.ServerGroupShown](compute.CreateServerGroup), in, "server_group")
	} else {
		in := compute.ServerGroupCreate{Group: compute.NewServerGroup(a.String("name"), a.String("policy"), e.Compute().Version)}
		group, err = verb.AskFor(ctx, e.Compute(), compute.CreateServerGroup, in, "server_group")
	}
	if err != nil {
		return err
	}
	return printServerGroups(e, []out.Object{group})
}

// groupRules reads key=value texts. The number of servers on a host is one.
func groupRules(texts []string) (map[string]any, error) {
	pairs, err := keyValues(texts, true)
	if err != nil {
		return nil, &client.Failure{Class: "ArgumentTypeError", Message: fmt.Sprintf("A --rule in %s has no '=': write key=value.", pytext.Quote(fmt.Sprint(texts)))}
	}
	rules := map[string]any{}
	for _, p := range pairs {
		rules[p.key] = p.value
		if p.key != "max_server_per_host" {
			continue
		}
		number, err := arg.Int(p.value)
		if err != nil {
			return nil, verb.Refuse("Invalid '%s' value: %s", p.key, p.value)
		}
		rules[p.key] = number
	}
	return rules, nil
}

func serverGroupDelete(ctx context.Context, e *verb.Env) error {
	ids := e.Args.Strings("id")
	failed := 0
	for _, id := range ids {
		text := "Server group " + id + " has been successfully deleted."
		if _, err := client.Do(ctx, e.Compute(), compute.DeleteServerGroup, compute.ServerGroupID{ID: id}); err != nil {
			if ctx.Err() != nil {
				return err
			}
			failed++
			text = "Delete for server group " + id + " failed: " + err.Error()
		}
		if err := e.Say("%s", text); err != nil {
			return err
		}
	}
	if failed == len(ids) {
		return verb.Refuse("Unable to delete any of the specified server groups.")
	}
	return nil
}

func serverGroupGet(ctx context.Context, e *verb.Env) error {
	group, err := verb.AskFor(ctx, e.Compute(), compute.ShowServerGroup, compute.ServerGroupID{ID: e.Args.String("id")}, "server_group")
	if err != nil {
		return err
	}
	return printServerGroups(e, []out.Object{group})
}
