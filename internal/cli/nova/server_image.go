package nova

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func serverImageCommands() []command {
	return []command{
		{
			Name: "image-create", Summary: "Make an image of a server's disk.", Run: imageCreate,
			Args: []arg.Arg{
				serverArg,
				{Dest: "name", Metavar: "<name>", Help: "Name for the image."},
				{Flags: "--metadata", Metavar: "<key=value>", Action: arg.Append, Help: "Property of the image. May be given more than once."},
				{Flags: "--show", Action: arg.StoreTrue, Help: "Print the image's properties."},
				{Flags: "--poll", Action: arg.StoreTrue, Help: "Wait until the image is there, and show progress."},
			},
		},
		{
			Name: "backup", Summary: "Make an image of a server's disk, and delete the oldest of its kind.", Run: backup,
			Args: []arg.Arg{
				serverArg,
				{Dest: "name", Metavar: "<name>", Help: "Name for the image."},
				{Dest: "backup_type", Metavar: "<backup-type>", Help: "Its kind, such as daily or weekly."},
				{Dest: "rotation", Metavar: "<rotation>", Help: "How many of its kind are kept."},
			},
		},
	}
}

func imageCreate(ctx context.Context, e *verb.Env) error {
	server, err := servers(false).Find(ctx, e, e.Args.String("server"))
	if err != nil {
		return err
	}
	metadata, err := metadataOf(e.Args.Strings("metadata"))
	if err != nil {
		return err
	}
	id := verb.Text(server, "id")
	image, err := e.Cloud.Servers.CreateImage(ctx, id, e.Args.String("name"), metadata)
	if err != nil {
		return err
	}
	if e.Args.Bool("poll") {
		find := func(ctx context.Context) (out.Object, error) { return findImage(ctx, e, image) }
		if err := e.PollOn(ctx, "image", image, find, "snapshotting", true, "active"); err != nil {
			return err
		}
		if err := idle(ctx, e, id); err != nil {
			return err
		}
	}
	if !e.Args.Bool("show") {
		return nil
	}
	return showImage(ctx, e, image)
}

// idle waits until no task is at work on a server: the one that made an image ends a moment after the image is there.
func idle(ctx context.Context, e *verb.Env, id string) error {
	wait := client.Wait{What: "server " + id + " to be free", Clock: e.Clock}
	_, err := client.Until(ctx, wait, func(ctx context.Context) (compute.Server, bool, error) {
		server, err := e.Cloud.Servers.Get(ctx, id)
		return server, server.TaskState.Or(nil) == nil, err
	})
	return err
}

func showImage(ctx context.Context, e *verb.Env, id string) error {
	image, err := findImage(ctx, e, id)
	if err != nil {
		return err
	}
	if metadata, ok := verb.Member(image, "metadata").(out.Object); ok {
		verb.Remove(&image, "metadata")
		for _, m := range metadata {
			verb.Set(&image, "metadata "+m.Key, m.Value)
		}
	}
	if server, ok := verb.Member(image, "server").(out.Object); ok {
		verb.Set(&image, "server", verb.Member(server, "id"))
	}
	verb.Remove(&image, "links")
	return e.Print.Show(image, 0)
}

func backup(ctx context.Context, e *verb.Env) error {
	a := e.Args
	rotation, err := arg.Int(a.String("rotation"))
	if err != nil {
		return verb.Refuse("The rotation %s is not a whole number.", a.String("rotation"))
	}
	return servers(false).Do(ctx, e, a.String("server"), func(id string) error {
		image, err := e.Cloud.Servers.Backup(ctx, id, a.String("name"), a.String("backup_type"), rotation.(int))
		if err != nil || !e.Since(45) {
			return err
		}
		return showImage(ctx, e, image)
	})
}
