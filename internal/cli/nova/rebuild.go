package nova

import (
	"context"
	"encoding/base64"
	"os"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

func rebuildCommands() []command {
	return []command{
		{
			Name: "resize", Summary: "Give a server another flavor.", Run: resize,
			Args: []arg.Arg{
				serverArg,
				{Dest: "flavor", Metavar: "<flavor>", Help: "The new flavor, by name or ID."},
				{Flags: "--poll", Action: arg.StoreTrue, Help: "Wait until it has it, and show progress."},
			},
		},
		{Name: "resize-confirm", Summary: "Keep a server as it is after a resize, and remove the old one.", Run: onServer(compute.ConfirmResize), Args: []arg.Arg{serverArg}},
		{Name: "resize-revert", Summary: "Go back to the server as it was before a resize.", Run: onServer(compute.RevertResize), Args: []arg.Arg{serverArg}},
		{
			Name: "rebuild", Summary: "Make a server anew from an image, under its ID and with its addresses.", Run: rebuild,
			Args: []arg.Arg{
				serverArg,
				{Dest: "image", Metavar: "<image>", Help: "The new image, by name or ID."},
				{Flags: "--rebuild-password", Metavar: "<rebuild-password>", Default: false, Help: "Password of its administrator."},
				{Flags: "--poll", Action: arg.StoreTrue, Help: "Wait until it is up again, and show progress."},
				{Flags: "--minimal", Action: arg.StoreTrue, Help: "Do not look up the names of flavor and image."},
				{Flags: "--preserve-ephemeral", Action: arg.StoreTrue, Help: "Keep the ephemeral disk."},
				{Flags: "--name", Metavar: "<name>", Help: "New name."},
				{Flags: "--description", Metavar: "<description>", Versions: "2.19", Help: "New description; without, the old one is removed."},
				{Flags: "--meta", Metavar: "<key=value>", Action: arg.Append, Help: "Metadata in place of what it has. May be given more than once."},
				{Flags: "--file", Dest: "files", Metavar: "<dst-path=src-path>", Action: arg.Append, Versions: "2.0-2.56", Help: "Put the local file src-path at dst-path in the guest. May be given more than once."},
				{Flags: "--key-name", Metavar: "<key-name>", Versions: "2.54", Help: "Another key pair."},
				{Flags: "--key-unset", Action: arg.StoreTrue, Versions: "2.54", Help: "No key pair any more."},
				{Flags: "--user-data", Metavar: "<user-data>", Versions: "2.57", Help: "File with other user data."},
				{Flags: "--user-data-unset", Action: arg.StoreTrue, Versions: "2.57", Help: "No user data any more."},
				{Flags: "--trusted-image-certificate-id", Dest: "trusted_image_certificates", Metavar: "<trusted-image-certificate-id>", Action: arg.Append, Versions: "2.63", Help: "Certificate that may have signed the image. May be given more than once. env[OS_TRUSTED_IMAGE_CERTIFICATE_IDS]"},
				{Flags: "--trusted-image-certificates-unset", Action: arg.StoreTrue, Versions: "2.63", Help: "No such certificates any more."},
				{Flags: "--hostname", Versions: "2.90", Help: "New hostname in the metadata; the guest sees to it that it takes effect."},
			},
		},
	}
}

func resize(ctx context.Context, e *verb.Env) error {
	server, err := servers(false).Find(ctx, e, e.Args.String("server"))
	if err != nil {
		return err
	}
	flavor, err := flavors.Find(ctx, e, e.Args.String("flavor"))
	if err != nil {
		return err
	}
	id := verb.Text(server, "id")
	if err := e.Cloud.Servers.Resize(ctx, id, verb.Text(flavor, "id")); err != nil || !e.Args.Bool("poll") {
		return err
	}
	return e.Poll(ctx, id, "resizing", true, "active", "verify_resize")
}

func rebuild(ctx context.Context, e *verb.Env) error {
	server, err := servers(false).Find(ctx, e, e.Args.String("server"))
	if err != nil {
		return err
	}
	image, err := findImage(ctx, e, e.Args.String("image"))
	if err != nil {
		return err
	}
	in := compute.Rebuild{ID: verb.Text(server, "id"), ImageRef: verb.Text(image, "id")}
	for _, fill := range [...]func(*verb.Env, *compute.Rebuild) error{rebuildTexts, rebuildData, rebuildKey, rebuildCertificates} {
		if err := fill(e, &in); err != nil {
			return err
		}
	}
	now, err := verb.AskFor(ctx, e.Compute(), compute.RebuildServer, in, "server")
	if err != nil {
		return err
	}
	if err := printServer(ctx, e, now, view{minimal: e.Args.Bool("minimal"), image: image}); err != nil {
		return err
	}
	if e.Args.Bool("poll") {
		return e.Poll(ctx, in.ID, "rebuilding", true, "active")
	}
	return nil
}

// rebuildTexts fills in what options say as it is. A description that is not given is removed.
func rebuildTexts(e *verb.Env, in *compute.Rebuild) error {
	a := e.Args
	given := func(dest string) wire.Opt[string] {
		if !a.Has(dest) {
			return wire.Opt[string]{}
		}
		return wire.Some(a.String(dest))
	}
	in.Name = given("name")
	if a.Given("rebuild_password") {
		in.AdminPass = wire.Some(wire.Secret(a.String("rebuild_password")))
	}
	if a.Bool("preserve_ephemeral") {
		in.PreserveEphemeral = wire.Some(true)
	}
	if e.Since(19) {
		if in.Description = given("description"); !in.Description.Set {
			in.Description = wire.Null[string]()
		}
	}
	in.Hostname, in.HostnameFQDN = given("hostname"), given("hostname")
	var err error
	in.Metadata, err = metadataOf(a.Strings("meta"))
	return err
}

// rebuildData reads the files that options name: until 2.56 those to put into the guest, then the user data.
func rebuildData(e *verb.Env, in *compute.Rebuild) error {
	if !e.Since(57) {
		files, err := personality(e.Args.Strings("files"))
		slices.SortStableFunc(files, func(a, b compute.Personality) int { return strings.Compare(a.Path, b.Path) })
		in.Personality = files
		return err
	}
	path := e.Args.String("user_data")
	switch unset := e.Args.Bool("user_data_unset"); {
	case unset && path != "":
		return verb.Refuse("Cannot specify '--user-data-unset' with '--user-data'.")
	case unset:
		in.UserData = wire.Null[string]()
	case path != "":
		data, err := os.ReadFile(path)
		if err != nil {
			return verb.Refuse("Can't open '%s': %s", path, reason(err))
		}
		in.UserData = wire.Some(base64.StdEncoding.EncodeToString(data))
	}
	return nil
}

func rebuildKey(e *verb.Env, in *compute.Rebuild) error {
	in.KeyName = optional(e.Args.String("key_name"))
	if !e.Args.Bool("key_unset") {
		return nil
	}
	if in.KeyName.Set {
		return verb.Refuse("Cannot specify '--key-unset' with '--key-name'.")
	}
	in.KeyName = wire.Null[string]()
	return nil
}

func rebuildCertificates(e *verb.Env, in *compute.Rebuild) error {
	ids, err := certificates(e)
	if err != nil {
		return err
	}
	if len(ids) > 0 {
		in.TrustedCerts = wire.Some(ids)
	}
	if e.Args.Bool("trusted_image_certificates_unset") {
		if len(ids) > 0 {
			return verb.Refuse("Cannot specify '--trusted-image-certificates-unset' with '--trusted-image-certificate-id' or with OS_TRUSTED_IMAGE_CERTIFICATE_IDS env variable set.")
		}
		in.TrustedCerts = wire.Null[[]string]()
	}
	return nil
}
