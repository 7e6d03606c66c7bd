package nova

import (
	"context"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

func volumeCommands() []command {
	return []command{
		{
			Name: "volume-attach", Summary: "Attach a volume to a server.", Run: volumeAttach,
			Args: []arg.Arg{
				serverArg,
				{Dest: "volume", Metavar: "<volume>", Help: "ID of the volume."},
				{Dest: "device", Metavar: "<device>", Nargs: "?", Help: `Path of the disk in the guest, such as /dev/vdb; "auto" leaves it to the server, which may do so anyway.`},
				{Flags: "--tag", Metavar: "<tag>", Versions: "2.49", Help: "Tag by which the guest finds the disk in its metadata."},
				{Flags: "--delete-on-termination", Action: arg.StoreTrue, Versions: "2.79", Help: "Delete the volume with the server."},
			},
		},
		{
			Name: "volume-update", Summary: "Change what is kept about an attached volume, or swap it for another.", Run: volumeUpdate,
			Args: []arg.Arg{
				serverArg,
				{Dest: "src_volume", Metavar: "<src_volume>", Help: "ID of the attached volume."},
				{Dest: "dest_volume", Metavar: "<dest_volume>", Help: "The same ID, or that of the volume to swap to (for administrators)."},
				{Flags: "--delete-on-termination", Action: arg.StoreTrue, Default: arg.None, Group: "delete_on_termination", Versions: "2.85", Help: "Delete the volume with the server."},
				{Flags: "--no-delete-on-termination", Dest: "delete_on_termination", Action: arg.StoreFalse, Group: "delete_on_termination", Versions: "2.85", Help: "Keep the volume when the server is deleted."},
			},
		},
		{
			Name: "volume-detach", Summary: "Detach a volume from a server.", Run: volumeDetach,
			Args: []arg.Arg{serverArg, {Dest: "attachment_id", Metavar: "<volume>", Help: "ID of the volume."}},
		},
		{Name: "volume-attachments", Summary: "List the volumes of a server.", Run: volumeAttachments, Args: []arg.Arg{serverArg}},
	}
}

func volumeAttach(ctx context.Context, e *verb.Env) error {
	a := e.Args
	wanted := compute.VolumeWanted{VolumeID: a.String("volume"), Tag: optional(a.String("tag"))}
	if device := a.String("device"); a.Has("device") && device != "auto" {
		wanted.Device = wire.Some(device)
	}
	if a.Bool("delete_on_termination") {
		wanted.Delete = wire.Some(true)
	}
	return servers(false).Do(ctx, e, a.String("server"), func(id string) error {
		in := compute.VolumeAttach{ID: id, Attachment: wanted}
		if e.Since(101) { // the reply is empty
			_, err := client.Do(ctx, e.Compute(), compute.AttachVolume, in)
			return err
		}
		attachment, err := verb.AskFor(ctx, e.Compute(), compute.AttachVolume, in, "volumeAttachment")
		if err != nil {
			return err
		}
		return e.Print.Show(attachment, 0)
	})
}

func volumeUpdate(ctx context.Context, e *verb.Env) error {
	a := e.Args
	change := compute.VolumeAttachmentChange{VolumeID: a.String("dest_volume")}
	if a.Given("delete_on_termination") {
		change.Delete = wire.Some(a.Bool("delete_on_termination"))
	}
	return servers(false).Do(ctx, e, a.String("server"), func(id string) error {
		in := compute.VolumeAttachmentUpdate{ID: id, VolumeID: a.String("src_volume"), Attachment: change}
		_, err := client.Do(ctx, e.Compute(), compute.UpdateVolumeAttachment, in)
		return err
	})
}

func volumeDetach(ctx context.Context, e *verb.Env) error {
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		_, err := client.Do(ctx, e.Compute(), compute.DetachVolume, compute.VolumeAttachmentID{ID: id, VolumeID: e.Args.String("attachment_id")})
		return err
	})
}

func volumeAttachments(ctx context.Context, e *verb.Env) error {
	columns := []verb.Column{{Name: "ID"}, {Name: "DEVICE"}, {Name: "SERVER ID", Key: "serverId"}, {Name: "VOLUME ID", Key: "volumeId"}}
	if e.Since(89) {
		columns = append(columns[1:], verb.Columns("ATTACHMENT ID", "BDM UUID")...)
	}
	if e.Since(70) {
		columns = append(columns, verb.Column{Name: "TAG"})
	}
	if e.Since(79) {
		columns = append(columns, verb.Column{Name: "DELETE ON TERMINATION"})
	}
	return servers(false).Do(ctx, e, e.Args.String("server"), func(id string) error {
		list, err := verb.AskAll(ctx, e.Compute(), compute.ListVolumeAttachments, compute.VolumeAttachmentQuery{ID: id}, "volumeAttachments")
		if err != nil {
			return err
		}
		return e.List(columns, list, "")
	})
}
