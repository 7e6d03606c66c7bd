package nova

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func serverCommands() []command {
	return []command{
		{
			Name: "show", Summary: "Show a server.", Run: show,
			Args: []arg.Arg{
				{Flags: "--minimal", Action: arg.StoreTrue, Help: "Do not look up the names of flavor and image."},
				serverArg,
				{Flags: "--wrap", Metavar: "<integer>", Type: arg.Int, Default: 0, Help: "Wrap values at this width; 0 does not."},
			},
		},
		{
			Name: "delete", Summary: "Delete servers, running or not.", Run: onServers(compute.DeleteServer, "delete"),
			Args: []arg.Arg{allTenantsArg("Delete"), serversArg},
		},
		{Name: "force-delete", Summary: "Delete a server in whatever state it is.", Run: onServer(compute.ForceDelete), Args: []arg.Arg{serverArg}},
		{
			Name: "update", Summary: "Change a server's name, description or hostname.", Run: update,
			Args: []arg.Arg{
				{Dest: "server", Metavar: "<server>", Help: "Server, by its name until now or ID."},
				{Flags: "--name", Metavar: "<name>", Help: "New name."},
				{Flags: "--description", Metavar: "<description>", Versions: "2.19", Help: "New description; an empty one removes it."},
				{Flags: "--hostname", Versions: "2.90", Help: "New hostname in the metadata; the guest sees to it that it takes effect."},
			},
		},
	}
}

func allTenantsArg(verb string) arg.Arg {
	return arg.Arg{Flags: "--all-tenants", Action: arg.StoreConst, Const: 1, Default: 0, Help: verb + " servers of other projects by name too (for administrators)."}
}

// servers finds servers. The server takes the name as a regular expression.
func servers(allTenants bool) verb.Kind {
	return verb.Kind{
		Class: "server", Slugs: true, Brief: true, Get: getServer,
		Named: func(ctx context.Context, e *verb.Env, name string) ([]out.Object, error) {
			query := compute.ServerQuery{Name: optional(name)}
			if allTenants {
				query.AllTenants = wire.Some("1")
			}
			return verb.AskPages(ctx, e.Compute(), compute.ListServers, query, "servers",
				func(q *compute.ServerQuery, marker string) { q.Marker = wire.Some(marker) })
		},
	}
}

func getServer(ctx context.Context, e *verb.Env, id string) (out.Object, error) {
	return verb.AskFor(ctx, e.Compute(), compute.ShowServer, compute.ServerID{ID: id}, "server")
}

// onServer is a command that calls a route for one server and prints nothing.
func onServer(route wire.Route[compute.ServerID, wire.None]) verb.Run {
	return func(ctx context.Context, e *verb.Env) error {
		return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
			_, err := client.Do(ctx, e.Compute(), route, compute.ServerID{ID: id})
			return err
		})
	}
}

// onServers is a command that calls a route for each of the servers named.
func onServers(route wire.Route[compute.ServerID, wire.None], does string) verb.Run {
	return func(ctx context.Context, e *verb.Env) error {
		kind := servers(e.Args.Int("all_tenants") != 0)
		return e.OnEach(ctx, e.Args.Strings("server"),
			"Request to "+does+" server %s has been accepted.", "Unable to "+does+" the specified server(s).",
			func(name string) error {
				return kind.Do(ctx, e, name, func(id string) error {
					_, err := client.Do(ctx, e.Compute(), route, compute.ServerID{ID: id})
					return err
				})
			})
	}
}

func show(ctx context.Context, e *verb.Env) error {
	server, err := servers(false).Find(ctx, e, e.Args.String("server"))
	if err != nil {
		return err
	}
	return printServer(ctx, e, server, view{minimal: e.Args.Bool("minimal"), wrap: e.Args.Int("wrap")})
}

// view is how a server is printed, and what is known already and need not be looked up.
type view struct {
	minimal       bool
	wrap          int
	flavor, image out.Object
}

// printServer prints a server as a table of properties: a row for each network, the flavor's and the image's names.
func printServer(ctx context.Context, e *verb.Env, server out.Object, v view) error {
	info := slices.Clone(server)
	addresses := networksOf(server)
	for _, network := range addresses {
		verb.Set(&info, network.name+" network", strings.Join(network.addresses, ", "))
	}
	v.showFlavor(ctx, e, &info)
	if _, ok := info.Get("security_groups"); ok {
		names := map[string]bool{}
		for _, group := range verb.Objects(info, "security_groups") {
			names[verb.Text(group, "name")] = true
		}
		verb.Set(&info, "security_groups", strings.Join(slices.Sorted(maps.Keys(names)), ", "))
	}
	v.showImage(ctx, e, &info)
	verb.Remove(&info, "links", "addresses", "OS-EXT-SRV-ATTR:user_data")
	return e.Print.Show(info, v.wrap)
}

// showFlavor puts the flavor's rows: until 2.46 its name and id, then what the flavor was when the server was made.
func (v view) showFlavor(ctx context.Context, e *verb.Env, info *out.Object) {
	flavor, _ := verb.Member(*info, "flavor").(out.Object)
	switch {
	case e.Since(47) && v.minimal:
		verb.Set(info, "flavor", verb.Member(flavor, "original_name"))
	case e.Since(47):
		verb.Remove(info, "flavor")
		for _, m := range flavor {
			verb.Set(info, "flavor:"+m.Key, m.Value)
		}
	case v.minimal:
		verb.Set(info, "flavor", verb.Text(flavor, "id"))
	default:
		id := verb.Text(flavor, "id")
		known := v.flavor
		if verb.Text(known, "id") != id {
			known, _ = flavors.Find(ctx, e, id)
		}
		name := "Flavor not found"
		if known != nil {
			name = out.Text(verb.Member(known, "name"))
		}
		verb.Set(info, "flavor", name+" ("+id+")")
	}
}

func (v view) showImage(ctx context.Context, e *verb.Env, info *out.Object) {
	image, _ := verb.Member(*info, "image").(out.Object)
	id := verb.Text(image, "id")
	switch {
	case len(image) == 0:
		verb.Set(info, "image", "Attempt to boot from volume - no image supplied")
	case v.minimal:
		verb.Set(info, "image", id)
	default:
		known := v.image
		if verb.Text(known, "id") != id {
			known, _ = findImage(ctx, e, id)
		}
		name := "Image not found"
		if known != nil {
			name = out.Text(verb.Member(known, "name"))
		}
		verb.Set(info, "image", name+" ("+id+")")
	}
}

type network struct {
	name      string
	addresses []string
}

// networksOf are a server's addresses, networks in the order of their names.
func networksOf(server out.Object) []network {
	addresses, _ := verb.Member(server, "addresses").(out.Object)
	var networks []network
	for _, m := range addresses {
		n := network{name: m.Key}
		for _, address := range verb.Objects(addresses, m.Key) {
			n.addresses = append(n.addresses, verb.Text(address, "addr"))
		}
		networks = append(networks, n)
	}
	slices.SortStableFunc(networks, func(a, b network) int { return strings.Compare(a.name, b.name) })
	return networks
}

func update(ctx context.Context, e *verb.Env) error {
	a := e.Args
	change := compute.ServerChanges{Name: optional(a.String("name"))}
	asked := a.String("name") != ""
	if a.Has("description") {
		asked = true
		change.Description = wire.Null[string]()
		if text := a.String("description"); text != "" {
			change.Description = wire.Some(text)
		}
	}
	if a.Has("hostname") {
		asked = true
		change.Hostname, change.HostnameFQDN = optional(a.String("hostname")), optional(a.String("hostname"))
	}
	return servers(false).Do(ctx, e, a.String("server"), func(id string) error {
		if !asked {
			_, err := getServer(ctx, e, id)
			return err
		}
		_, err := client.Do(ctx, e.Compute(), compute.UpdateServer, compute.ServerUpdate{ID: id, Server: change})
		return err
	})
}
