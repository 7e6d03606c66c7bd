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

func serverTagCommands() []command {
	tags := func(dest, help string) []arg.Arg {
		return []arg.Arg{serverArg, {Dest: dest, Metavar: "<" + dest + ">", Nargs: "+", Help: help}}
	}
	return []command{
		{Name: "server-tag-list", Summary: "List the tags of a server.", Versions: "2.26", Run: serverTagList, Args: []arg.Arg{serverArg}},
		{
			Name: "server-tag-add", Summary: "Add tags to a server.", Versions: "2.26", Args: tags("tag", "Tags to add."),
			Run: onTags(compute.AddTag, "Request to add tag %s to specified server has been accepted.", "Unable to add the specified tag to the server."),
		},
		{Name: "server-tag-set", Summary: "Give a server these tags in place of those it has.", Versions: "2.26", Run: serverTagSet, Args: tags("tags", "Tags to set.")},
		{
			Name: "server-tag-delete", Summary: "Delete tags of a server.", Versions: "2.26", Args: tags("tag", "Tags to delete."),
			Run: onTags(compute.DeleteTag, "Request to delete tag %s from specified server has been accepted.", "Unable to delete the specified tag from the server."),
		},
		{Name: "server-tag-delete-all", Summary: "Delete all tags of a server.", Versions: "2.26", Run: onServer(compute.DeleteTags), Args: []arg.Arg{serverArg}},
	}
}

func serverTagList(ctx context.Context, e *verb.Env) error {
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		reply, err := verb.Ask(ctx, e.Compute(), compute.ListTags, compute.ServerID{ID: id})
		if err != nil {
			return err
		}
		list, _ := verb.Member(reply, "tags").([]any)
		tags := make([]out.Object, len(list))
		for i := range list {
			verb.Set(&tags[i], "tag", list[i])
		}
		return e.List(verb.Columns("Tag"), tags, "")
	})
}

// onTags is a command that calls a route for each of the tags named.
func onTags[Out any](route wire.Route[compute.TagOf, Out], success, failed string) verb.Run {
	return func(ctx context.Context, e *verb.Env) error {
		server, err := servers(false).Find(ctx, e, e.Args.String("server"))
		if err != nil {
			return err
		}
		return e.OnEach(ctx, e.Args.Strings("tag"), success, failed, func(tag string) error {
			_, err := client.Do(ctx, e.Compute(), route, compute.TagOf{ID: verb.Text(server, "id"), Tag: tag})
			return err
		})
	}
}

func serverTagSet(ctx context.Context, e *verb.Env) error {
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		_, err := client.Do(ctx, e.Compute(), compute.ReplaceTags, compute.TagsReplace{ID: id, Tags: e.Args.Strings("tags")})
		return err
	})
}
