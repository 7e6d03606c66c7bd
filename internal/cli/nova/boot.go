package nova

import (
	"context"
	"encoding/base64"
	"os"
	"slices"
	"strings"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

func bootCommands() []command {
	const device = "key1=value1[,key2=value2...]"
	return []command{{
		Name: "boot", Summary: "Make a server and start it.", Run: boot,
		Args: []arg.Arg{
			{Flags: "--flavor", Metavar: "<flavor>", Help: "Its size: a flavor, by name or ID."},
			{Flags: "--image", Metavar: "<image>", Help: "What it boots: an image, by name or ID."},
			{Flags: "--image-with", Metavar: "<key=value>", Type: arg.KeyValue, Action: arg.Append, Help: "Boot an image that has this property, and those of further --image-with."},
			{Flags: "--boot-volume", Metavar: "<volume_id>", Help: "Boot from this volume."},
			{Flags: "--snapshot", Metavar: "<snapshot_id>", Help: "Boot from a new volume made of this snapshot."},
			{Flags: "--min-count", Metavar: "<number>", Type: arg.Int, Help: "Make at least so many servers."},
			{Flags: "--max-count", Metavar: "<number>", Type: arg.Int, Help: "Make up to so many servers."},
			{Flags: "--meta", Metavar: "<key=value>", Action: arg.Append, Help: "Metadata that the guest can read. May be given more than once."},
			{Flags: "--file", Dest: "files", Metavar: "<dst-path=src-path>", Action: arg.Append, Versions: "2.0-2.56", Help: "Put the local file src-path at dst-path in the guest. May be given more than once."},
			{Flags: "--key-name", Metavar: "<key-name>", Env: "NOVACLIENT_DEFAULT_KEY_NAME", Help: "Key pair to log in with; see keypair-add."},
			{Dest: "name", Metavar: "<name>", Help: "Name of the new server."},
			{Flags: "--user-data", Metavar: "<user-data>", Help: "File with user data for the guest."},
			{Flags: "--availability-zone", Metavar: "<availability-zone>", Help: "Zone to put it in."},
			{Flags: "--security-groups", Metavar: "<security-groups>", Help: "Names of security groups, parted by commas."},
			{Flags: "--block-device-mapping", Metavar: "<dev-name=mapping>", Action: arg.Append, Help: "A volume as <dev-name>=<id>:<type>:<size(GiB)>:<delete-on-terminate>; the older way."},
			{Flags: "--block-device", Metavar: device, Action: arg.Append, Versions: "2.0-2.31", Help: blockDeviceHelp("")},
			{Flags: "--block-device", Metavar: device, Action: arg.Append, Versions: "2.32-2.32", Help: blockDeviceHelp(", tag")},
			{Flags: "--block-device", Metavar: device, Action: arg.Append, Versions: "2.33-2.41", Help: blockDeviceHelp("")},
			{Flags: "--block-device", Metavar: device, Action: arg.Append, Versions: "2.42-2.66", Help: blockDeviceHelp(", tag")},
			{Flags: "--block-device", Metavar: device, Action: arg.Append, Versions: "2.67", Help: blockDeviceHelp(", tag, volume_type")},
			{Flags: "--swap", Metavar: "<swap_size>", Help: "Add a swap disk of so many MiB."},
			{Flags: "--ephemeral", Metavar: "size=<size>[,format=<format>]", Action: arg.Append, Help: "Add a local disk of so many GiB, empty or with a file system."},
			{Flags: "--hint", Dest: "scheduler_hints", Metavar: "<key=value>", Type: arg.KeyValue, Action: arg.Append, Help: "A wish to the scheduler. May be given more than once."},
			{Flags: "--nic", Dest: "nics", Action: arg.Append, Versions: "2.0-2.31", Metavar: "<net-id=net-uuid,net-name=network-name,v4-fixed-ip=ip-addr,v6-fixed-ip=ip-addr,port-id=port-uuid>", Help: nicHelp},
			{Flags: "--nic", Dest: "nics", Action: arg.Append, Versions: "2.32-2.36", Metavar: "<net-id=net-uuid,net-name=network-name,v4-fixed-ip=ip-addr,v6-fixed-ip=ip-addr,port-id=port-uuid,tag=tag>", Help: nicHelp},
			{Flags: "--nic", Dest: "nics", Action: arg.Append, Versions: "2.37-2.41", Metavar: "<auto,none,net-id=net-uuid,net-name=network-name,port-id=port-uuid,v4-fixed-ip=ip-addr,v6-fixed-ip=ip-addr>", Help: nicHelp + autoHelp},
			{Flags: "--nic", Dest: "nics", Action: arg.Append, Versions: "2.42", Metavar: "<auto,none,net-id=net-uuid,net-name=network-name,port-id=port-uuid,v4-fixed-ip=ip-addr,v6-fixed-ip=ip-addr,tag=tag>", Help: nicHelp + autoHelp},
			{Flags: "--config-drive", Metavar: "<value>", Default: false, Help: "Whether to give it its metadata on a disk: true or false."},
			{Flags: "--poll", Action: arg.StoreTrue, Help: "Wait until it is up, and show progress."},
			{Flags: "--admin-pass", Metavar: "<value>", Help: "Password of its administrator."},
			{Flags: "--access-ip-v4", Metavar: "<value>", Help: "IPv4 address to show as the one to reach it at."},
			{Flags: "--access-ip-v6", Metavar: "<value>", Help: "IPv6 address to show as the one to reach it at."},
			{Flags: "--description", Metavar: "<description>", Versions: "2.19", Help: "A text for people."},
			{Flags: "--tags", Metavar: "<tags>", Versions: "2.52", Help: "Tags, parted by commas."},
			{Flags: "--return-reservation-id", Action: arg.StoreTrue, Help: "Print only the reservation's id, by which all servers made can be listed."},
			{Flags: "--trusted-image-certificate-id", Dest: "trusted_image_certificates", Metavar: "<trusted-image-certificate-id>", Action: arg.Append, Versions: "2.63", Help: "Certificate that may have signed the image. May be given more than once. env[OS_TRUSTED_IMAGE_CERTIFICATE_IDS]"},
			{Flags: "--host", Metavar: "<host>", Versions: "2.74", Help: "Host to put it on (for administrators)."},
			{Flags: "--hypervisor-hostname", Metavar: "<hypervisor-hostname>", Versions: "2.74", Help: "Hypervisor to put it on (for administrators)."},
			{Flags: "--hostname", Versions: "2.90", Help: "Hostname in the metadata; the guest sees to it that it takes effect."},
		},
	}}
}

const (
	nicHelp  = "A network interface: on the network net-id or net-name or as the port port-id, with a fixed address if wanted. May be given more than once."
	autoHelp = " auto: the project's network, made if there is none; none: no interface. These two stand alone."
)

func blockDeviceHelp(more string) string {
	return "A disk. Keys: id (of the image, volume or snapshot), source (image, volume, snapshot or blank), dest (local or volume), bus, type (disk, cdrom), device, " +
		"size (GiB; MiB for swap), format, bootindex (0 boots first), shutdown (remove or preserve)" + more + "."
}

func boot(ctx context.Context, e *verb.Env) error {
	server, known, err := newServer(ctx, e)
	if err != nil {
		return err
	}
	body, err := verb.Ask(ctx, e.Compute(), compute.CreateServer, server)
	if err != nil {
		return err
	}
	if e.Args.Bool("return_reservation_id") {
		return e.Print.Show(out.Object{{Key: "reservation_id", Value: verb.Member(body, "reservation_id")}}, 0)
	}
	made, _ := verb.Member(body, "server").(out.Object)
	id := verb.Text(made, "id")
	now, err := getServer(ctx, e, id)
	if err != nil {
		return err
	}
	for _, m := range now {
		verb.Set(&made, m.Key, m.Value)
	}
	if err := printServer(ctx, e, made, known); err != nil {
		return err
	}
	if e.Args.Bool("poll") {
		return e.Poll(ctx, id, "building", true, "active")
	}
	return nil
}

// newServer is the request that the options mean, and the flavor and the image that were looked up for it.
func newServer(ctx context.Context, e *verb.Env) (compute.ServerCreate, view, error) {
	a := e.Args
	var in compute.ServerCreate
	fail := func(err error) (compute.ServerCreate, view, error) { return in, view{}, err }
	if a.String("flavor") == "" {
		return fail(verb.Refuse("you need to specify a Flavor ID."))
	}
	server := &in.Server
	server.Name = a.String("name")
	for _, fill := range [...]func(*verb.Env, *compute.ServerNew) error{countsOf, textsOf, filesOf, certificatesOf} {
		if err := fill(e, server); err != nil {
			return fail(err)
		}
	}
	wanted, err := nicsOf(e)
	if err != nil {
		return fail(err)
	}
	disks, err := disksOf(e)
	if err != nil {
		return fail(err)
	}
	if server.BlockDevicesV1, err = oldDisksOf(a.Strings("block_device_mapping")); err != nil {
		return fail(err)
	}
	if hints := hintsOf(a.Strings("scheduler_hints")); len(hints) > 0 {
		in.Hints = wire.Some(hints)
	}
	if err := checkSources(a, len(disks) > 0, len(server.BlockDevicesV1) > 0); err != nil {
		return fail(err)
	}
	known, err := lookUp(ctx, e, wanted)
	if err != nil {
		return fail(err)
	}
	server.FlavorRef = verb.Text(known.flavor, "id")
	server.ImageRef = wire.Some(verb.Text(known.image, "id"))
	if known.image != nil && len(disks) > 0 {
		disks = append([]compute.BlockDevice{{
			UUID: server.ImageRef, Source: "image", Destination: wire.Some("local"), BootIndex: wire.Some(0), Delete: wire.Some(true),
		}}, disks...)
	}
	server.BlockDevices = disks
	wanted.apply(e, server)
	return in, known, nil
}

// lookUp finds flavor, image and networks by their names, at the same time.
func lookUp(ctx context.Context, e *verb.Env, wanted *nics) (view, error) {
	var known view
	err := together(ctx,
		func(ctx context.Context) (err error) {
			known.image, err = imageToBoot(ctx, e)
			return err
		},
		func(ctx context.Context) (err error) {
			known.flavor, err = flavors.Find(ctx, e, e.Args.String("flavor"))
			return err
		},
		func(ctx context.Context) error { return wanted.lookUp(ctx, e) },
	)
	return known, err
}

// together does things at the same time and returns the error of the first in order that failed.
func together(ctx context.Context, do ...func(context.Context) error) error {
	errs := make([]chan error, len(do))
	for i := range do {
		errs[i] = make(chan error, 1)
		go func() { errs[i] <- do[i](ctx) }()
	}
	var first error
	for i := range errs {
		if err := <-errs[i]; err != nil && first == nil {
			first = err
		}
	}
	return first
}

func imageToBoot(ctx context.Context, e *verb.Env) (out.Object, error) {
	if name := e.Args.String("image"); name != "" {
		return findImage(ctx, e, name)
	}
	texts := e.Args.Strings("image_with")
	if len(texts) == 0 {
		return nil, nil
	}
	wanted, err := keyValues(texts, true)
	if err != nil {
		return nil, err
	}
	matches, err := imagesWith(ctx, e, wanted)
	switch {
	case err != nil:
		return nil, err
	case len(matches) == 0:
		return nil, verb.Refuse("No images match the property expected by --image-with")
	case len(matches) > 1:
		ids := make([]any, len(matches))
		for i := range matches {
			ids[i] = verb.Text(matches[i], "id")
		}
		e.Warn("WARNING: Multiple matching images: %s\nUsing image: %s", out.Text(ids), ids[0])
	}
	return matches[0], nil
}

// checkSources sees to it that there is something to boot from, and only one.
func checkSources(a *arg.Values, newDisks, oldDisks bool) error {
	sources := 0
	if a.String("image") != "" || len(a.Strings("image_with")) > 0 {
		sources++
	}
	for _, dest := range [...]string{"boot_volume", "snapshot"} {
		if a.String(dest) != "" {
			sources++
		}
	}
	switch {
	case sources > 1 || sources == 0 && !newDisks && !oldDisks:
		return verb.Refuse("you need to specify at least one source ID (Image, Snapshot, or Volume), a block device mapping or provide a set of properties to match against an image")
	case newDisks && oldDisks:
		return verb.Refuse("you can't mix old block devices (--block-device-mapping) with the new ones (--block-device, --boot-volume, --snapshot, --ephemeral, --swap)")
	}
	return nil
}

func countsOf(e *verb.Env, server *compute.ServerNew) error {
	least, most := 1, 1
	if e.Args.Has("min_count") {
		if least = e.Args.Int("min_count"); least < 1 {
			return verb.Refuse("min_count should be >= 1")
		}
		most = least
	}
	if e.Args.Has("max_count") {
		if most = e.Args.Int("max_count"); most < 1 {
			return verb.Refuse("max_count should be >= 1")
		}
		if least > most {
			return verb.Refuse("min_count should be <= max_count")
		}
	}
	server.MinCount, server.MaxCount = wire.Some(least), wire.Some(most)
	return nil
}

// textsOf fills in what options say as it is.
func textsOf(e *verb.Env, server *compute.ServerNew) error {
	a := e.Args
	server.AdminPass = wire.Secret(a.String("admin_pass"))
	server.KeyName = optional(a.String("key_name"))
	server.Zone = optional(a.String("availability_zone"))
	server.Description = optional(a.String("description"))
	server.Host = optional(a.String("host"))
	server.HypervisorHost = optional(a.String("hypervisor_hostname"))
	server.Hostname, server.HostnameFQDN = optional(a.String("hostname")), optional(a.String("hostname"))
	if a.Has("access_ip_v4") {
		server.AccessIPv4 = wire.Some(a.String("access_ip_v4"))
	}
	if a.Has("access_ip_v6") {
		server.AccessIPv6 = wire.Some(a.String("access_ip_v6"))
	}
	if text := a.String("tags"); text != "" {
		server.Tags = strings.Split(text, ",")
	}
	if text := a.String("security_groups"); text != "" {
		for _, name := range strings.Split(text, ",") {
			server.SecurityGroups = append(server.SecurityGroups, compute.SecurityGroupName{Name: name})
		}
	}
	if a.Bool("return_reservation_id") {
		server.ReturnResID = wire.Some(true)
	}
	switch strings.ToLower(a.String("config_drive")) {
	case "true", "1":
		server.ConfigDrive = wire.Some(true)
	case "false", "0", "", "none":
	default:
		return verb.Refuse("The value of the '--config-drive' option must be a boolean value.")
	}
	var err error
	server.Metadata, err = metadataOf(a.Strings("meta"))
	return err
}

// filesOf reads the files that options name.
func filesOf(e *verb.Env, server *compute.ServerNew) error {
	if path := e.Args.String("user_data"); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return verb.Refuse("Can't open '%s': %s", path, reason(err))
		}
		if len(data) > 0 {
			server.UserData = wire.Some(base64.StdEncoding.EncodeToString(data))
		}
	}
	if e.Since(57) {
		return nil
	}
	files, err := personality(e.Args.Strings("files"))
	server.Personality = files
	return err
}

// personality reads files to put into a guest, given as path there=path here. They go sorted by their path, and of two
// for one path the last counts.
func personality(texts []string) ([]compute.Personality, error) {
	var files []compute.Personality
	for _, text := range texts {
		to, from, ok := strings.Cut(text, "=")
		if !ok {
			return nil, verb.Refuse("Invalid file argument '%s'. File arguments must be of the form '--file <dst-path=src-path>'", text)
		}
		data, err := os.ReadFile(from)
		if err != nil {
			return nil, verb.Refuse("Can't open '%s': %s", from, reason(err))
		}
		files = slices.DeleteFunc(files, func(f compute.Personality) bool { return f.Path == to })
		files = append(files, compute.Personality{Path: to, Contents: base64.StdEncoding.EncodeToString(data)})
	}
	slices.SortFunc(files, func(a, b compute.Personality) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

func certificatesOf(e *verb.Env, server *compute.ServerNew) error {
	ids, err := certificates(e)
	if len(ids) > 0 {
		server.TrustedCerts = wire.Some(ids)
	}
	return err
}

// certificates are those that may have signed the image: of the command line, else of the environment.
func certificates(e *verb.Env) ([]string, error) {
	ids := e.Args.Strings("trusted_image_certificates")
	text := e.Env("OS_TRUSTED_IMAGE_CERTIFICATE_IDS")
	switch {
	case text == "" || len(ids) > 0:
		return ids, nil
	case !e.Since(63):
		return nil, &client.Failure{Class: "UnsupportedAttribute", Message: "'OS_TRUSTED_IMAGE_CERTIFICATE_IDS' argument is only allowed since microversion 2.63."}
	}
	return strings.Split(text, ","), nil
}

// hintsOf gathers the hints: one that is there more than once is a list.
func hintsOf(texts []string) compute.Hints {
	hints := compute.Hints{}
	for _, text := range texts {
		key, value := arg.Pair(text)
		switch old := hints[key].(type) {
		case nil:
			hints[key] = value
		case string:
			hints[key] = []any{old, value}
		case []any:
			hints[key] = append(old, value)
		}
	}
	return hints
}
