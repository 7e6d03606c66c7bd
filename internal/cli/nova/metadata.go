package nova

import (
	"context"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

func metadataCommands() []command {
	return []command{{
		Name: "meta", Summary: "Set or delete metadata of a server.", Run: meta,
		Args: []arg.Arg{
			serverArg,
			{Dest: "action", Metavar: "<action>", Choices: []string{"set", "delete"}, Help: "'set' or 'delete'."},
			{Dest: "metadata", Metavar: "<key=value>", Nargs: "+", Help: "The metadata; 'delete' needs only keys."},
		},
	}}
}

func meta(ctx context.Context, e *verb.Env) error {
	set := e.Args.String("action") == "set"
	pairs, err := keyValues(e.Args.Strings("metadata"), set)
	if err != nil {
		return err
	}
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		if set {
			_, err := client.Do(ctx, e.Compute(), compute.CreateMetadata, compute.MetadataChange{ID: id, Metadata: asMap(pairs)})
			return err
		}
		slices.SortFunc(pairs, func(a, b pair) int { return strings.Compare(b.key, a.key) })
		for _, p := range pairs {
			if _, err := client.Do(ctx, e.Compute(), compute.DeleteMetadataItem, compute.MetadataKey{ID: id, Key: p.key}); err != nil {
				return err
			}
		}
		return nil
	})
}
