package nova

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

func flavorAccessCommands() []command {
	tenant := arg.Arg{Dest: "tenant", Metavar: "<tenant_id>", Help: "ID of the project."}
	return []command{
		{
			Name: "flavor-access-list", Summary: "List the projects that may use a private flavor.", Run: flavorAccessList,
			Args: []arg.Arg{{Flags: "--flavor", Metavar: "<flavor>", Help: "The flavor, by name or ID."}},
		},
		{
			Name: "flavor-access-add", Summary: "Let a project use a private flavor.", Args: []arg.Arg{flavorArg, tenant},
			Run: changeFlavorAccess(compute.AddFlavorAccess),
		},
		{
			Name: "flavor-access-remove", Summary: "Let a project no longer use a private flavor.", Args: []arg.Arg{flavorArg, tenant},
			Run: changeFlavorAccess(compute.RemoveFlavorAccess),
		},
	}
}

var flavorAccessColumns = verb.Columns("Flavor_ID", "Tenant_ID")

func flavorAccessList(ctx context.Context, e *verb.Env) error {
	name := e.Args.String("flavor")
	if name == "" {
		return verb.Refuse("Unable to get all access lists. Specify --flavor")
	}
	flavor, err := flavors.Find(ctx, e, name)
	if err != nil {
		return err
	}
	if public, ok := flavor.Get("os-flavor-access:is_public"); !ok || public == true {
		return verb.Refuse("Access list not available for public flavors.")
	}
	access, err := verb.AskAll(ctx, e.Compute(), compute.ListFlavorAccess, compute.FlavorID{ID: verb.Text(flavor, "id")}, "flavor_access")
	if err != nil {
		return err
	}
	return e.List(flavorAccessColumns, access, "")
}

func changeFlavorAccess(route wire.Route[compute.FlavorAccessChange, compute.FlavorAccessList]) verb.Run {
	return func(ctx context.Context, e *verb.Env) error {
		return flavors.Do(ctx, e, e.Args.String("flavor"), func(id string) error {
			access, err := verb.AskAll(ctx, e.Compute(), route, compute.FlavorAccessChange{ID: id, Project: e.Args.String("tenant")}, "flavor_access")
			if err != nil {
				return err
			}
			return e.List(flavorAccessColumns, access, "")
		})
	}
}
