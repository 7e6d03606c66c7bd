package nova

import (
	"context"
	"errors"
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

func aggregateCommands() []command {
	which := arg.Arg{Dest: "aggregate", Metavar: "<aggregate>", Help: "Aggregate, by name or ID."}
	host := arg.Arg{Dest: "host", Metavar: "<host>", Help: "The host."}
	return []command{
		{Name: "aggregate-list", Summary: "List the host aggregates.", Run: aggregateList},
		{Name: "aggregate-show", Summary: "Show a host aggregate.", Run: aggregateShow, Args: []arg.Arg{which}},
		{
			Name: "aggregate-create", Summary: "Make a host aggregate.", Run: aggregateCreate,
			Args: []arg.Arg{
				{Dest: "name", Metavar: "<name>", Help: "Name of the new aggregate."},
				{Dest: "availability_zone", Metavar: "<availability-zone>", Nargs: "?", Help: "Availability zone that its hosts make up; none if not given."},
			},
		},
		{Name: "aggregate-delete", Summary: "Delete a host aggregate.", Run: aggregateDelete, Args: []arg.Arg{which}},
		{
			Name: "aggregate-update", Summary: "Change the name or availability zone of a host aggregate.", Run: aggregateUpdate,
			Args: []arg.Arg{
				which,
				{Flags: "--name", Metavar: "<name>", Help: "New name."},
				{Flags: "--availability-zone", Metavar: "<availability-zone>", Help: "New availability zone."},
			},
		},
		{
			Name: "aggregate-set-metadata", Summary: "Set or remove metadata of a host aggregate.", Run: aggregateSetMetadata,
			Args: []arg.Arg{which, {Dest: "metadata", Metavar: "<key=value>", Nargs: "+", Help: "What to set; a key alone removes it."}},
		},
		{Name: "aggregate-add-host", Summary: "Put a host into a host aggregate.", Run: aggregateAddHost, Args: []arg.Arg{which, host}},
		{Name: "aggregate-remove-host", Summary: "Take a host out of a host aggregate.", Run: aggregateRemoveHost, Args: []arg.Arg{which, host}},
		{
			Name: "aggregate-cache-images", Summary: "Have the hosts of a host aggregate fetch images before servers need them.", Versions: "2.81", Run: aggregateCacheImages,
			Args: []arg.Arg{which, {Dest: "images", Metavar: "<image>", Nargs: "+", Help: "Images, by name or ID."}},
		},
	}
}

// findAggregate finds an aggregate in novaclient's order: by UUID, which no cloud knows yet, by name, by number.
func findAggregate(ctx context.Context, e *verb.Env) (out.Object, error) {
	name := e.Args.String("aggregate")
	var all []out.Object
	kind := verb.Kind{
		Class: "aggregate",
		Get: func(ctx context.Context, e *verb.Env, id string) (out.Object, error) {
			return verb.AskFor(ctx, e.Compute(), compute.ShowAggregate, compute.AggregateID{ID: id}, "aggregate")
		},
		Named: func(ctx context.Context, e *verb.Env, _ string) (_ []out.Object, err error) {
			all, err = verb.AskAll(ctx, e.Compute(), compute.ListAggregates, wire.None{}, "aggregates")
			return all, err
		},
	}
	found, err := kind.Find(ctx, e, name)
	if !errors.Is(err, verb.ErrNoSuch) {
		return found, err
	}
	number, notOne := arg.Int(name)
	for _, aggregate := range all {
		if notOne == nil && verb.Member(aggregate, "id") == number {
			return aggregate, nil
		}
	}
	return nil, err
}

func aggregateList(ctx context.Context, e *verb.Env) error {
	list, err := verb.AskAll(ctx, e.Compute(), compute.ListAggregates, wire.None{}, "aggregates")
	if err != nil {
		return err
	}
	columns := verb.Columns("Id", "Name", "Availability Zone")
	if e.Since(41) {
		columns = append(columns, verb.Column{Name: "UUID"})
	}
	return e.List(columns, list, "")
}

// printAggregate prints a sentence, if there is one, and an aggregate as a list of one.
func printAggregate(e *verb.Env, aggregate out.Object, sentence string) error {
	if sentence != "" {
		if err := e.Remark("%s", sentence); err != nil {
			return err
		}
	}
	columns := append(verb.Columns("Id", "Name", "Availability Zone"),
		verb.Column{Name: "Hosts", Value: func(o out.Object) any {
			hosts, _ := verb.Member(o, "hosts").([]any)
			texts := make([]string, len(hosts))
			for i := range hosts {
				texts[i] = out.Text(hosts[i])
			}
			return out.Cell{Text: quoted(texts), Value: hosts}
		}},
		verb.Column{Name: "Metadata", Value: func(o out.Object) any {
			metadata, _ := verb.Member(o, "metadata").(out.Object)
			texts := map[string]string{}
			for _, m := range metadata {
				texts[m.Key] = m.Key + "=" + out.Text(m.Value)
			}
			var pairs []string
			for _, key := range slices.Sorted(maps.Keys(texts)) {
				pairs = append(pairs, texts[key])
			}
			return out.Cell{Text: quoted(pairs), Value: metadata}
		}})
	if e.Since(41) {
		columns = append(columns, verb.Column{Name: "UUID"})
	}
	return e.List(columns, []out.Object{aggregate}, "")
}

// quoted is 'a', 'b': texts in quotes that nothing escapes.
func quoted(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return "'" + strings.Join(texts, "', '") + "'"
}

func aggregateShow(ctx context.Context, e *verb.Env) error {
	aggregate, err := findAggregate(ctx, e)
	if err != nil {
		return err
	}
	return printAggregate(e, aggregate, "")
}

func aggregateCreate(ctx context.Context, e *verb.Env) error {
	aggregate := compute.NewAggregate{Name: e.Args.String("name"), Zone: wire.Null[string]()}
	if e.Args.Has("availability_zone") {
		aggregate.Zone = wire.Some(e.Args.String("availability_zone"))
	}
	made, err := verb.AskFor(ctx, e.Compute(), compute.CreateAggregate, compute.AggregateCreate{Aggregate: aggregate}, "aggregate")
	if err != nil {
		return err
	}
	if e.Args.Has("availability_zone") {
		// The reply has no metadata, which a zone is a part of.
		in := compute.AggregateID{ID: verb.Text(made, "id")}
		if made, err = verb.AskFor(ctx, e.Compute(), compute.ShowAggregate, in, "aggregate"); err != nil {
			return err
		}
	}
	return printAggregate(e, made, "")
}

func aggregateDelete(ctx context.Context, e *verb.Env) error {
	aggregate, err := findAggregate(ctx, e)
	if err != nil {
		return err
	}
	id := verb.Text(aggregate, "id")
	if _, err := client.Do(ctx, e.Compute(), compute.DeleteAggregate, compute.AggregateID{ID: id}); err != nil {
		return err
	}
	return e.Say("Aggregate %s has been successfully deleted.", id)
}

func aggregateUpdate(ctx context.Context, e *verb.Env) error {
	aggregate, err := findAggregate(ctx, e)
	if err != nil {
		return err
	}
	changes := compute.AggregateChanges{Name: optional(e.Args.String("name")), Zone: optional(e.Args.String("availability_zone"))}
	if !changes.Name.Set && !changes.Zone.Set {
		return verb.Refuse("Either '--name <name>' or '--availability-zone <availability-zone>' must be specified.")
	}
	in := compute.AggregateUpdate{ID: verb.Text(aggregate, "id"), Aggregate: changes}
	changed, err := verb.AskFor(ctx, e.Compute(), compute.UpdateAggregate, in, "aggregate")
	if err != nil {
		return err
	}
	return printAggregate(e, changed, "Aggregate "+verb.Text(changed, "id")+" has been successfully updated.")
}

func aggregateSetMetadata(ctx context.Context, e *verb.Env) error {
	aggregate, err := findAggregate(ctx, e)
	if err != nil {
		return err
	}
	current, _ := verb.Member(aggregate, "metadata").(out.Object)
	metadata := map[string]*string{}
	var missing []string
	for _, text := range e.Args.Strings("metadata") {
		key, value, ok := strings.Cut(text, "=")
		if metadata[key] = nil; ok {
			metadata[key] = &value
		}
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		now, there := current.Get(key)
		value := metadata[key]
		switch {
		case value == nil && !there:
			missing = append(missing, key)
		case value != nil && there && out.Text(now) == *value:
			return verb.Refuse("metadata already exists")
		}
	}
	if len(missing) > 0 {
		return verb.Refuse("metadata key %s does not exist hence can not be deleted", missing[0])
	}
	in := compute.AggregateMetadata{ID: verb.Text(aggregate, "id"), Metadata: metadata}
	changed, err := verb.AskFor(ctx, e.Compute(), compute.SetAggregateMetadata, in, "aggregate")
	if err != nil {
		return err
	}
	return printAggregate(e, changed, "Metadata has been successfully updated for aggregate "+verb.Text(changed, "id")+".")
}

func aggregateAddHost(ctx context.Context, e *verb.Env) error {
	aggregate, err := findAggregate(ctx, e)
	if err != nil {
		return err
	}
	in := compute.AggregateHost{ID: verb.Text(aggregate, "id"), Host: e.Args.String("host")}
	changed, err := verb.AskFor(ctx, e.Compute(), compute.AddAggregateHost, in, "aggregate")
	if err != nil {
		return err
	}
	return printAggregate(e, changed, "Host "+in.Host+" has been successfully added for aggregate "+verb.Text(changed, "id")+" ")
}

func aggregateRemoveHost(ctx context.Context, e *verb.Env) error {
	aggregate, err := findAggregate(ctx, e)
	if err != nil {
		return err
	}
	in := compute.AggregateHost{ID: verb.Text(aggregate, "id"), Host: e.Args.String("host")}
	changed, err := verb.AskFor(ctx, e.Compute(), compute.RemoveAggregateHost, in, "aggregate")
	if err != nil {
		return err
	}
	return printAggregate(e, changed, "Host "+in.Host+" has been successfully removed from aggregate "+verb.Text(changed, "id")+" ")
}

func aggregateCacheImages(ctx context.Context, e *verb.Env) error {
	aggregate, err := findAggregate(ctx, e)
	if err != nil {
		return err
	}
	in := compute.AggregateImages{ID: verb.Text(aggregate, "id")}
	for _, name := range e.Args.Strings("images") {
		image, err := findImage(ctx, e, name)
		if err != nil {
			return err
		}
		if id := (compute.CacheImage{ID: verb.Text(image, "id")}); !slices.Contains(in.Cache, id) {
			in.Cache = append(in.Cache, id)
		}
	}
	_, err = client.Do(ctx, e.Compute(), compute.CacheAggregateImages, in)
	return err
}
