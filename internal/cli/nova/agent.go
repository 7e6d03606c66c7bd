package nova

import (
	"context"

	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

// Guest agents of XenServer went from the API with Nova 23: a cloud of today answers 410, and the contract says so too.
// The commands ask all the same, as novaclient's do, because an older cloud may have them. So their routes stand here,
// not in the contract.
type (
	agentQuery struct {
		Hypervisor wire.Opt[string] `query:"hypervisor"`
	}
	agentNew struct {
		Agent agentBody `json:"agent"`
	}
	agentBody struct {
		Hypervisor   string `json:"hypervisor"`
		OS           string `json:"os"`
		Architecture string `json:"architecture"`
		Version      string `json:"version"`
		URL          string `json:"url"`
		MD5          string `json:"md5hash"`
	}
	agentID struct {
		ID string `path:"id"`
	}
	agentChange struct {
		ID   string    `path:"id"`
		Para agentPara `json:"para"`
	}
	agentPara struct {
		Version string `json:"version"`
		URL     string `json:"url"`
		MD5     string `json:"md5hash"`
	}
)

var (
	listAgents  = wire.Route[agentQuery, wire.None]{Name: "agents.list", Method: "GET", Path: "/os-agents", Status: "200", LooseQuery: "always"}
	createAgent = wire.Route[agentNew, wire.None]{Name: "agents.create", Method: "POST", Path: "/os-agents", Status: "200", LooseQuery: "always"}
	updateAgent = wire.Route[agentChange, wire.None]{Name: "agents.update", Method: "PUT", Path: "/os-agents/{id}", Status: "200", LooseQuery: "always"}
	deleteAgent = wire.Route[agentID, wire.None]{Name: "agents.delete", Method: "DELETE", Path: "/os-agents/{id}", Status: "200", LooseQuery: "always"}
)

func agentCommands() []command {
	id := arg.Arg{Dest: "id", Metavar: "<id>", Help: "ID of the agent's build."}
	build := []arg.Arg{
		{Dest: "version", Metavar: "<version>", Help: "Version of the agent."},
		{Dest: "url", Metavar: "<url>", Help: "Where it is."},
		{Dest: "md5hash", Metavar: "<md5hash>", Help: "Its MD5 hash."},
	}
	create := append([]arg.Arg{
		{Dest: "os", Metavar: "<os>", Help: "Operating system of the guest."},
		{Dest: "architecture", Metavar: "<architecture>", Help: "Architecture of the guest."},
	}, build...)
	create = append(create, arg.Arg{Dest: "hypervisor", Metavar: "<hypervisor>", Default: "xen", Help: "Kind of hypervisor."})
	return []command{
		{
			Name: "agent-list", Summary: "DEPRECATED List the builds of guest agents, on clouds before Nova 23.", Run: agentList,
			Args: []arg.Arg{{Flags: "--hypervisor", Metavar: "<hypervisor>", Help: "Only those for this kind of hypervisor."}},
		},
		{Name: "agent-create", Summary: "DEPRECATED Register a build of a guest agent, on clouds before Nova 23.", Run: agentCreate, Args: create},
		{Name: "agent-delete", Summary: "DEPRECATED Delete a build of a guest agent, on clouds before Nova 23.", Run: agentDelete, Args: []arg.Arg{id}},
		{Name: "agent-modify", Summary: "DEPRECATED Change a build of a guest agent, on clouds before Nova 23.", Run: agentModify, Args: append([]arg.Arg{id}, build...)},
	}
}

func warnAgents(e *verb.Env) {
	e.Warn("Guest agents are no more: Nova 23 removed them, and this command works on older clouds only.")
}

func agentList(ctx context.Context, e *verb.Env) error {
	warnAgents(e)
	list, err := verb.AskAll(ctx, e.Compute(), listAgents, agentQuery{Hypervisor: optional(e.Args.String("hypervisor"))}, "agents")
	if err != nil {
		return err
	}
	return e.List(verb.Columns("Agent_id", "Hypervisor", "OS", "Architecture", "Version", "Md5hash", "Url"), list, "")
}

func agentCreate(ctx context.Context, e *verb.Env) error {
	warnAgents(e)
	a := e.Args
	in := agentNew{agentBody{
		Hypervisor: a.String("hypervisor"), OS: a.String("os"), Architecture: a.String("architecture"),
		Version: a.String("version"), URL: a.String("url"), MD5: a.String("md5hash"),
	}}
	agent, err := verb.AskFor(ctx, e.Compute(), createAgent, in, "agent")
	if err != nil {
		return err
	}
	return e.Print.Show(agent, 0)
}

func agentDelete(ctx context.Context, e *verb.Env) error {
	warnAgents(e)
	_, err := client.Do(ctx, e.Compute(), deleteAgent, agentID{e.Args.String("id")})
	return err
}

func agentModify(ctx context.Context, e *verb.Env) error {
	warnAgents(e)
	a := e.Args
	in := agentChange{ID: a.String("id"), Para: agentPara{Version: a.String("version"), URL: a.String("url"), MD5: a.String("md5hash")}}
	agent, err := verb.AskFor(ctx, e.Compute(), updateAgent, in, "agent")
	if err != nil {
		return err
	}
	return e.Print.Show(agent, 0)
}
