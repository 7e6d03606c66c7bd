package nova

import (
	"context"
	"errors"
	"net/http"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func hostCommands() []command {
	host := arg.Arg{Dest: "host", Metavar: "<host>", Help: "What the hypervisor's hostname has in it. Give the whole name where you mean one host."}
	strict := arg.Arg{Flags: "--strict", Action: arg.StoreTrue, Help: "Only the hypervisor that is called exactly so."}
	force := arg.Arg{Flags: "--force", Action: arg.StoreTrue, Versions: "2.29-2.67", Help: "Do not ask the scheduler whether the target is fit. Better leave it out."}
	liveForce := force
	liveForce.Versions = "2.30-2.67"
	const beyond = " Works on several servers at once (--parallel N); --dry-run shows what would be asked, and changes nothing."
	return []command{
		{
			Name: "host-evacuate", Summary: "Build the servers of a host that is down again elsewhere.", Run: onHost("Evacuate Accepted", "Error while evacuating instance: ", evacuateEach, nil),
			Description: "Build the servers of a host that is down again elsewhere." + beyond,
			Args: []arg.Arg{
				host,
				{Flags: "--target_host", Metavar: "<target_host>", Help: "Where to; the scheduler picks hosts if not given."},
				{Flags: "--on-shared-storage", Action: arg.StoreTrue, Versions: "2.0-2.13", Help: "The servers' disks are still there."},
				force, strict,
			},
		},
		{
			Name: "host-evacuate-live", Summary: "Move the running servers of a host elsewhere.", Run: onHost("Live Migration Accepted", "Error while live migrating instance: ", liveMigrateEach, maxServers),
			Description: "Move the running servers of a host elsewhere." + beyond,
			Args: append(append([]arg.Arg{
				host,
				{Flags: "--target-host", Metavar: "<target_host>", Help: "Where to; the scheduler picks hosts if not given."},
			}, liveArgs()...),
				arg.Arg{Flags: "--max-servers", Metavar: "<max_servers>", Type: arg.Int, Help: "At most so many servers."},
				liveForce, strict),
		},
		{
			Name: "host-servers-migrate", Summary: "Move the servers of a host elsewhere, off and on again.", Run: onHost("Migration Accepted", "Error while migrating instance: ", migrateEach, nil),
			Description: "Move the servers of a host elsewhere, off and on again." + beyond,
			Args:        []arg.Arg{host, strict},
		},
		{
			Name: "host-meta", Summary: "Set or delete metadata of all servers of a host.", Run: hostMeta,
			Description: "Set or delete metadata of all servers of a host." + beyond,
			Args: []arg.Arg{
				host,
				{Dest: "action", Metavar: "<action>", Choices: []string{"set", "delete"}, Help: "'set' or 'delete'."},
				{Dest: "metadata", Metavar: "<key=value>", Nargs: "+", Help: "The metadata; 'delete' needs only keys."},
				strict,
			},
		},
	}
}

// atOnce is how many servers of a host are worked on at once if the user does not say.
const atOnce = 8

// hostServers are the servers of the hypervisors whose name has the host in it, or is it, in the order of the reply.
func hostServers(ctx context.Context, e *verb.Env) ([]out.Object, error) {
	host, strict := e.Args.String("host"), e.Args.Bool("strict")
	matching, err := matchingHypervisors(ctx, e, host, true)
	if err != nil {
		return nil, err
	}
	var found []out.Object
	for _, hypervisor := range matching {
		if strict && verb.Text(hypervisor, "hypervisor_hostname") != host {
			continue
		}
		found = append(found, verb.Objects(hypervisor, "servers")...)
		if strict {
			return found, nil
		}
	}
	if strict {
		return nil, &client.Error{Status: http.StatusNotFound, Message: "No hypervisor matching '" + host + "' could be found."}
	}
	return found, nil
}

// request is a request that is not sent yet.
type request struct {
	text string // method, path and body, for people
	send func(ctx context.Context) error
}

// asked are the requests for one server.
type asked func(e *verb.Env, id string) ([]request, error)

func requestTo[In, Out any](e *verb.Env, route wire.Route[In, Out], in In) (request, error) {
	version := e.Compute().Version
	if version.Less(compute.MinVersion) {
		version = compute.MinVersion
	}
	call, err := route.Call(in, version)
	if err != nil {
		return request{}, err
	}
	text := call.Method + " " + call.Path
	if call.Body != nil {
		text += " " + string(call.Body)
	}
	return request{text: text, send: func(ctx context.Context) error {
		_, err := client.Do(ctx, e.Compute(), route, in)
		return err
	}}, nil
}

func one(r request, err error) ([]request, error) { return []request{r}, err }

func evacuateEach(e *verb.Env, id string) ([]request, error) {
	in := compute.Evacuate{ID: id}
	if e.Args.Has("target_host") {
		in.Host = wire.Some(e.Args.String("target_host"))
	}
	if !e.Since(14) {
		in.OnSharedStorage = wire.Some(e.Args.Bool("on_shared_storage"))
	}
	if e.Args.Bool("force") {
		in.Force = wire.Some(true)
	}
	return one(requestTo(e, compute.EvacuateServer, in))
}

func liveMigrateEach(e *verb.Env, id string) ([]request, error) {
	return one(requestTo(e, compute.LiveMigrateServer, liveMigrate(e, id, "target_host")))
}

// maxServers are the first servers, as many as --max-servers says; novaclient takes one at least.
func maxServers(e *verb.Env, servers []out.Object) []out.Object {
	if !e.Args.Has("max_servers") {
		return servers
	}
	return servers[:min(len(servers), max(e.Args.Int("max_servers"), 1))]
}

func migrateEach(e *verb.Env, id string) ([]request, error) {
	return one(requestTo(e, compute.MigrateServer, compute.Migrate{ID: id}))
}

func metaEach(e *verb.Env, id string) ([]request, error) {
	set := e.Args.String("action") == "set"
	pairs, err := keyValues(e.Args.Strings("metadata"), set)
	if err != nil {
		return nil, err
	}
	if set {
		return one(requestTo(e, compute.CreateMetadata, compute.MetadataChange{ID: id, Metadata: asMap(pairs)}))
	}
	var all []request
	for _, p := range pairs {
		r, err := requestTo(e, compute.DeleteMetadataItem, compute.MetadataKey{ID: id, Key: p.key})
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// work is a server and what is asked of it.
type work struct {
	server   out.Object
	requests []request
}

// do sends the requests of a server, one after the other. Once begun they are sent even if ctx ends: Ctrl-C stops
// between servers.
func (w work) do(ctx context.Context) (struct{}, error) {
	for _, r := range w.requests {
		if err := r.send(context.WithoutCancel(ctx)); err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, nil
}

// chosenServers are those servers of a host that a command is about.
type chosenServers func(e *verb.Env, servers []out.Object) []out.Object

// hostWork is what to do on a host: what ask says of each server that choose, unless it is nil, leaves. With --dry-run it
// is printed, and nothing is left to do.
func hostWork(ctx context.Context, e *verb.Env, ask asked, choose chosenServers) ([]work, error) {
	servers, err := hostServers(ctx, e)
	if err != nil {
		return nil, err
	}
	if choose != nil {
		servers = choose(e, servers)
	}
	all := make([]work, len(servers))
	var plan []out.Object
	for i, server := range servers {
		id := verb.Text(server, "uuid")
		requests, err := ask(e, id)
		if err != nil {
			return nil, err
		}
		all[i] = work{server: server, requests: requests}
		for _, r := range requests {
			plan = append(plan, out.Object{{Key: "server_uuid", Value: id}, {Key: "name", Value: verb.Member(server, "name")}, {Key: "request", Value: r.text}})
		}
	}
	if e.DryRun {
		return nil, e.List(verb.Columns("Server UUID", "Name", "Request"), plan, "")
	}
	return all, nil
}

// doAll does the work on several servers at once, and tells what became of each in their order. What failed or was not
// begun is summed up on stderr; the error is the interrupt, if there was one.
func doAll(ctx context.Context, e *verb.Env, doing string, all []work, each func(server out.Object, err error)) (failed error, err error) {
	limit := e.Parallel
	if limit == 0 {
		limit = atOnce
	}
	tally := verb.Tally{Doing: doing}
	whole := true
	err = verb.Parallel(ctx, limit, all, func(ctx context.Context, w work) (struct{}, error) { return w.do(ctx) },
		func(w work, _ struct{}, err error) error {
			tally.Add(verb.Text(w.server, "uuid"), err)
			if whole = whole && (err == nil || errors.Is(err, client.ErrHeld)); errors.Is(err, verb.ErrNotBegun) {
				return nil
			}
			if failed == nil {
				failed = err
			}
			each(w.server, err)
			return nil
		})
	if !whole {
		_ = tally.End(e, nil)
	}
	return failed, err
}

// onHost is a command that asks the same of every server of a host and prints who took it. That some did not is in the
// table and on stderr; the exit code is 0, as novaclient's is.
func onHost(accepted, refused string, ask asked, choose chosenServers) verb.Run {
	columns := []verb.Column{{Name: "Server UUID"}, {Name: accepted, Key: "accepted"}, {Name: "Error Message"}}
	return func(ctx context.Context, e *verb.Env) error {
		all, err := hostWork(ctx, e, ask, choose)
		if err != nil || e.DryRun {
			return err
		}
		var rows []out.Object
		_, interrupt := doAll(ctx, e, "servers", all, func(server out.Object, err error) {
			text := ""
			if err != nil {
				text = refused + err.Error()
			}
			rows = append(rows, out.Object{{Key: "server_uuid", Value: verb.Member(server, "uuid")}, {Key: "accepted", Value: err == nil}, {Key: "error_message", Value: text}})
		})
		return errors.Join(e.List(columns, rows, ""), interrupt)
	}
}

// hostMeta goes on behind a server that refuses, and fails in the end with the first refusal.
func hostMeta(ctx context.Context, e *verb.Env) error {
	all, err := hostWork(ctx, e, metaEach, nil)
	if err != nil {
		return err
	}
	failed, interrupt := doAll(ctx, e, "servers", all, func(out.Object, error) {})
	return errors.Join(failed, interrupt)
}
