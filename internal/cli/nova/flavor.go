package nova

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func flavorCommands() []command {
	return []command{
		{
			Name: "flavor-list", Summary: "List the flavors: the sizes that servers come in.", Run: flavorList,
			Args: []arg.Arg{
				{Flags: "--extra-specs", Action: arg.StoreTrue, Help: "Show the extra specs of each."},
				{Flags: "--all", Action: arg.StoreTrue, Help: "Private flavors too (for administrators)."},
				markerArg,
				{Flags: "--min-disk", Metavar: "<min-disk>", Help: "Only flavors with so much disk, in GiB."},
				{Flags: "--min-ram", Metavar: "<min-ram>", Help: "Only flavors with so much memory, in MiB."},
				limitArg,
				{Flags: "--sort-key", Metavar: "<sort-key>", Help: "Sort by this attribute."},
				{Flags: "--sort-dir", Metavar: "<sort-dir>", Help: "asc or desc."},
			},
		},
		{Name: "flavor-show", Summary: "Show a flavor.", Run: flavorShow, Args: []arg.Arg{flavorArg}},
		{Name: "flavor-delete", Summary: "Delete a flavor.", Run: flavorDelete, Args: []arg.Arg{flavorArg}},
		{
			Name: "flavor-create", Summary: "Make a flavor.", Run: flavorCreate,
			Args: []arg.Arg{
				{Dest: "name", Metavar: "<name>", Help: "Name of the new flavor, not yet in use."},
				{Dest: "id", Metavar: "<id>", Help: "Its ID; the server makes one up for 'auto'."},
				{Dest: "ram", Metavar: "<ram>", Help: "Memory in MiB."},
				{Dest: "disk", Metavar: "<disk>", Help: "Root disk in GiB."},
				{Flags: "--ephemeral", Metavar: "<ephemeral>", Default: 0, Help: "Second disk in GiB; none if not given."},
				{Dest: "vcpus", Metavar: "<vcpus>", Help: "Number of virtual CPUs."},
				{Flags: "--swap", Metavar: "<swap>", Default: 0, Help: "Swap disk in MiB; none if not given."},
				{Flags: "--rxtx-factor", Metavar: "<factor>", Default: 1.0, Help: "Share of network bandwidth; 1 if not given."},
				{Flags: "--is-public", Metavar: "<is-public>", Type: arg.Bool, Default: true, Help: "Whether every project may use it; true if not given."},
				{Flags: "--description", Metavar: "<description>", Versions: "2.55", Help: "A text for people, of up to 65535 printable characters."},
			},
		},
		{
			Name: "flavor-key", Summary: "Set or remove extra specs of a flavor.", Run: flavorKey,
			Args: []arg.Arg{
				flavorArg,
				{Dest: "action", Metavar: "<action>", Choices: []string{"set", "unset"}, Help: "'set' or 'unset'."},
				{Dest: "metadata", Metavar: "<key=value>", Nargs: "+", Help: "The extra specs; 'unset' needs only keys."},
			},
		},
		{
			Name: "flavor-update", Summary: "Change the description of a flavor.", Versions: "2.55", Run: flavorUpdate,
			Args: []arg.Arg{
				flavorArg,
				{Dest: "description", Metavar: "<description>", Help: "The new text, of up to 65535 printable characters."},
			},
		},
	}
}

// flavors finds flavors. The list with details takes one request where novaclient takes three, and shows the same.
var flavors = verb.Kind{
	Class: "flavor", Slugs: true, Whole: true,
	IsID: func(text string) bool {
		_, err := strconv.Atoi(text)
		return err == nil || verb.IsUUID(text)
	},
	Get: func(ctx context.Context, e *verb.Env, id string) (out.Object, error) {
		return verb.AskFor(ctx, e.Compute(), compute.ShowFlavor, compute.FlavorID{ID: id}, "flavor")
	},
	Named: func(ctx context.Context, e *verb.Env, _ string) ([]out.Object, error) {
		return verb.AskPages(ctx, e.Compute(), compute.ListFlavorsDetail, compute.FlavorQuery{IsPublic: wire.Some("None")}, "flavors",
			func(q *compute.FlavorQuery, marker string) { q.Marker = wire.Some(marker) })
	},
}

func flavorList(ctx context.Context, e *verb.Env) error {
	a := e.Args
	query := compute.FlavorQuery{MinDisk: optional(a.String("min_disk")), MinRAM: optional(a.String("min_ram")), SortKey: optional(a.String("sort_key")), SortDir: optional(a.String("sort_dir"))}
	for _, number := range [...]string{"min_disk", "min_ram"} {
		if text := a.String(number); text != "" {
			if _, err := arg.Int(text); err != nil {
				return &client.Failure{Class: "ValueError", Message: "--" + strings.ReplaceAll(number, "_", "-") + " " + text + " is not a whole number."}
			}
		}
	}
	if a.Bool("all") {
		query.IsPublic = wire.Some("None")
	} else {
		query.Marker = optional(a.String("marker"))
		if limit := a.Int("limit"); limit != 0 {
			query.Limit = wire.Some(limit)
		}
	}
	list, err := verb.AskAll(ctx, e.Compute(), compute.ListFlavorsDetail, query, "flavors")
	if err != nil {
		return err
	}
	return printFlavors(ctx, e, list, a.Bool("extra_specs"))
}

func printFlavors(ctx context.Context, e *verb.Env, list []out.Object, withSpecs bool) error {
	columns := []verb.Column{
		{Name: "ID"},
		{Name: "Name"},
		{Name: "Memory_MiB", Key: "ram"},
		{Name: "Disk"},
		{Name: "Ephemeral", Value: orNotKnown("OS-FLV-EXT-DATA:ephemeral")},
		{Name: "Swap"},
		{Name: "VCPUs"},
		{Name: "RXTX_Factor"},
		{Name: "Is_Public", Value: orNotKnown("os-flavor-access:is_public")},
	}
	if withSpecs {
		columns = append(columns, verb.Column{Name: "extra_specs"})
		if !e.Since(61) {
			for i := range list {
				specs, err := extraSpecs(ctx, e, verb.Text(list[i], "id"))
				if err != nil {
					return err
				}
				verb.Set(&list[i], "extra_specs", out.Verbatim(specs))
			}
		}
	}
	if e.Since(55) {
		columns = append(columns, verb.Column{Name: "Description"})
	}
	return e.List(columns, list, "")
}

// orNotKnown is a member, or N/A where the server does not show it.
func orNotKnown(key string) func(out.Object) any {
	return func(o out.Object) any {
		if value, ok := o.Get(key); ok {
			return value
		}
		return "N/A"
	}
}

// extraSpecs asks for a flavor's extra specs, which are not in the flavor before 2.61: an object, or N/A.
func extraSpecs(ctx context.Context, e *verb.Env, id string) (any, error) {
	specs, err := verb.AskFor(ctx, e.Compute(), compute.ListExtraSpecs, compute.FlavorID{ID: id}, "extra_specs")
	if errors.Is(err, client.ErrNotFound) {
		return "N/A", nil
	}
	return specs, err
}

func flavorShow(ctx context.Context, e *verb.Env) error {
	flavor, err := flavors.Find(ctx, e, e.Args.String("flavor"))
	if err != nil {
		return err
	}
	verb.Remove(&flavor, "links")
	if _, ok := flavor.Get("extra_specs"); !ok {
		specs, err := extraSpecs(ctx, e, verb.Text(flavor, "id"))
		if err != nil {
			return err
		}
		verb.Set(&flavor, "extra_specs", specs)
	}
	return e.Print.Show(flavor, 0)
}

func flavorDelete(ctx context.Context, e *verb.Env) error {
	return flavors.Do(ctx, e, e.Args.String("flavor"), func(id string) error {
		_, err := client.Do(ctx, e.Compute(), compute.DeleteFlavor, compute.FlavorID{ID: id})
		return err
	})
}

func flavorCreate(ctx context.Context, e *verb.Env) error {
	a := e.Args
	flavor := compute.NewFlavor{Name: a.String("name"), Public: wire.Some(a.Bool("is_public"))}
	if id := a.String("id"); id != "auto" {
		flavor.ID = wire.Some(id)
	}
	for _, number := range [...]struct {
		dest, name string
		to         *int
	}{
		{"ram", "Ram", &flavor.RAM},
		{"vcpus", "VCPUs", &flavor.VCPUs},
		{"disk", "Disk", &flavor.Disk},
		{"swap", "Swap", &flavor.Swap},
		{"ephemeral", "Ephemeral", &flavor.Ephemeral},
	} {
		value, err := arg.Int(a.String(number.dest))
		if err != nil {
			return verb.Refuse("%s must be an integer.", number.name)
		}
		*number.to = value.(int)
	}
	factor, err := arg.Float(a.String("rxtx_factor"))
	if err != nil {
		return verb.Refuse("rxtx_factor must be a float.")
	}
	flavor.RXTXFactor = wire.Some(factor.(float64))
	if note := a.String("description"); note != "" {
		flavor.Note = wire.Some(note)
	}
	made, err := verb.AskFor(ctx, e.Compute(), compute.CreateFlavor, compute.FlavorCreate{Flavor: flavor}, "flavor")
	if err != nil {
		return err
	}
	return printFlavors(ctx, e, []out.Object{made}, false)
}

func flavorUpdate(ctx context.Context, e *verb.Env) error {
	note := e.Args.String("description")
	return flavors.Do(ctx, e, e.Args.String("flavor"), func(id string) error {
		in := compute.FlavorUpdate{ID: id, Flavor: compute.FlavorNote{Note: &note}}
		changed, err := verb.AskFor(ctx, e.Compute(), compute.UpdateFlavor, in, "flavor")
		if err != nil {
			return err
		}
		return printFlavors(ctx, e, []out.Object{changed}, false)
	})
}

func flavorKey(ctx context.Context, e *verb.Env) error {
	pairs, err := keyValues(e.Args.Strings("metadata"), e.Args.String("action") == "set")
	if err != nil {
		return err
	}
	if e.Args.String("action") == "set" {
		for _, pair := range pairs {
			if !specKey(pair.key) {
				return verb.Refuse(`Invalid key: "%s". Keys may only contain letters, numbers, spaces, underscores, periods, colons and hyphens.`, pair.key)
			}
		}
	}
	return flavors.Do(ctx, e, e.Args.String("flavor"), func(id string) error {
		if e.Args.String("action") == "set" {
			_, err := client.Do(ctx, e.Compute(), compute.CreateExtraSpecs, compute.ExtraSpecsCreate{ID: id, ExtraSpecs: asMap(pairs)})
			return err
		}
		for _, pair := range pairs {
			if _, err := client.Do(ctx, e.Compute(), compute.DeleteExtraSpec, compute.ExtraSpecKey{ID: id, Key: pair.key}); err != nil {
				return err
			}
		}
		return nil
	})
}

func specKey(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && r != '.' && r != '-' && r != ' ' && r != ':' && !unicode.IsLetter(r) && !unicode.IsNumber(r)
	})
}
