package compute

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// build is a request for servers while it is being checked: the server that
// all of them will be like, how many, and what the create task must know.
type build struct {
	ctx      httpd.Ctx
	in       compute.ServerNew
	model    cloud.Server
	args     cloud.CreateArgs
	min, max int
	flavor   cloud.Flavor
	image    *cloud.Image
	pass     wire.Secret
}

// createServer checks everything that can be checked, then writes servers,
// what they count for, their actions and their tasks in one transaction. The
// rest is the engine's.
func (s *Service) createServer(ctx httpd.Ctx, in compute.ServerCreate) (out compute.ServerCreated, err error) {
	b := &build{ctx: ctx, in: in.Server}
	b.model.Hints = in.Hints.Or(in.Hints2.Or(nil))
	for _, check := range []func(*build) error{
		s.checkCount, s.checkHints, s.checkFlavor, s.checkImage, s.checkDevices, s.checkSize, s.checkNetworks, s.checkKey,
		s.checkZone, s.checkContents, s.checkIdentity,
	} {
		if err := check(b); err != nil {
			return out, err
		}
	}
	servers, err := s.promise(b)
	if err != nil {
		return out, err
	}
	s.Bell.Ring(cloud.SubjectTasks)
	if in.Server.ReturnResID.Or(false) {
		out.ReservationID = wire.Some(b.model.ReservationID)
		return out, nil
	}
	first := servers[0]
	out.Location = ctx.Self("/servers/" + first.ID)
	out.Server = wire.Some(compute.ServerMade{
		ID: first.ID, Links: ctx.Links("/servers/" + first.ID), DiskConfig: first.DiskConfig,
		SecurityGroups: groupNames(first.Groups), AdminPass: wire.Some(b.pass),
	})
	return out, nil
}

func (s *Service) checkCount(b *build) error {
	b.min = b.in.MinCount.Or(1)
	b.max = b.in.MaxCount.Or(b.min)
	if b.min > b.max {
		return fault.New(fault.BadRequest, "min_count must be <= max_count")
	}
	return nil
}

// checkHints refuses the one hint that names something this cloud does not
// have: a server group. Other hints are wishes, and kept.
func (s *Service) checkHints(b *build) error {
	group, given := b.model.Hints["group"]
	if !given {
		return nil
	}
	id, text := group.(string)
	if !text || !wire.Is("uuid", id) {
		return fault.New(fault.BadRequest, "Invalid input for field/attribute os:scheduler_hints.group. Value: %.80v. '%.80v' is not a 'uuid'", group, group)
	}
	return fault.New(fault.BadRequest, "Instance group %s could not be found.", id)
}

// checkFlavor finds the flavor by its id, or by the last part of a URL.
func (s *Service) checkFlavor(b *build) error {
	id := b.in.FlavorRef[strings.LastIndexByte(b.in.FlavorRef, '/')+1:]
	f, err := s.flavor(b.ctx, id)
	if fault.Is(err, fault.NotFound) || err == nil && f.Disabled {
		return fault.New(fault.BadRequest, "Flavor %s could not be found.", id)
	}
	b.flavor = f
	return err
}

func (s *Service) checkImage(b *build) error {
	ref := b.in.ImageRef.Or("")
	ref = ref[strings.LastIndexByte(ref, '/')+1:]
	if ref == "" {
		for _, d := range b.in.BlockDevices {
			if d.Source == "image" && d.BootIndex.Or(-1) == 0 && d.Destination.Or("local") == "local" {
				ref = d.UUID.Or("")
			}
		}
	}
	if ref == "" {
		return fault.New(fault.BadRequest, "Missing imageRef attribute")
	}
	if !wire.Is("uuid", ref) {
		return fault.New(fault.BadRequest, "Invalid input for field/attribute imageRef. Value: %.80s. '%.80s' is not a 'uuid'", ref, ref)
	}
	image, err := s.bootable(b.ctx, ref)
	if err != nil {
		return err
	}
	b.image = image
	b.model.ImageID, b.model.ImageProps = image.ID, image.Properties
	b.model.Boot.Image = guestImage(image)
	b.model.KernelID, b.model.RamdiskID = image.KernelID(), image.RamdiskID()
	for _, part := range []struct {
		id   string
		into **cloud.GuestImage
	}{{b.model.KernelID, &b.model.Boot.Kernel}, {b.model.RamdiskID, &b.model.Boot.Ramdisk}} {
		if part.id == "" {
			continue
		}
		other, err := s.bootable(b.ctx, part.id)
		if err != nil {
			return err
		}
		g := guestImage(other)
		*part.into = &g
	}
	b.model.Boot.KernelArgs = image.Properties["os_command_line"]
	return nil
}

// bootable finds an image that has its data.
func (s *Service) bootable(ctx httpd.Ctx, id string) (*cloud.Image, error) {
	image, err := s.Images.Image(ctx, id, ctx.Caller)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.BadRequest, "Can not find requested image")
	} else if err != nil {
		return nil, err
	}
	if image.Status != cloud.ImageActive {
		return nil, fault.New(fault.BadRequest, "Image %s is not active.", id)
	}
	return &image, nil
}

func guestImage(i *cloud.Image) cloud.GuestImage {
	return cloud.GuestImage{ID: i.ID, DiskFormat: i.DiskFormat, Size: i.Size, SHA512: i.SHA512, MinDiskGiB: i.MinDiskGiB}
}

// checkDevices takes the block devices that a host has by itself: the image's
// disk, swap and ephemeral disks within the flavor's. Volumes need a volume
// service, which this cloud does not have.
func (s *Service) checkDevices(b *build) error {
	if len(b.in.BlockDevicesV1) > 0 {
		return fault.New(fault.BadRequest, "block_device_mapping is not supported here, because this cloud has no volume service: use imageRef.")
	}
	swap, ephemeral := 0, 0
	for i, d := range b.in.BlockDevices {
		size := d.SizeGiB.Or(0)
		switch {
		case d.Source == "image" && d.Destination.Or("local") == "local" && d.BootIndex.Or(-1) == 0:
			if d.UUID.Or("") != b.image.ID {
				return fault.New(fault.BadRequest, "block_device_mapping_v2[%d] and imageRef name different images.", i)
			}
		case d.Source == "blank" && d.Destination.Or("local") == "local" && d.Format.Or("") == "swap":
			swap += size // of a swap device the size is in MiB
		case d.Source == "blank" && d.Destination.Or("local") == "local":
			ephemeral += size
		default:
			return fault.New(fault.BadRequest, "Block Device Mapping is Invalid: block_device_mapping_v2[%d] wants a %s as a %s disk, and this cloud has no volume service.",
				i, d.Source, d.Destination.Or("local"))
		}
	}
	if swap > b.flavor.SwapMiB {
		return fault.New(fault.BadRequest, "Swap drive requested is larger than instance type allows.")
	}
	if ephemeral > b.flavor.EphemeralGiB {
		return fault.New(fault.BadRequest, "Ephemeral disks requested are larger than the instance type allows.")
	}
	return nil
}

// checkSize holds the flavor against the image.
func (s *Service) checkSize(b *build) error {
	f := &b.flavor
	switch {
	case f.RAMMiB < b.image.MinRAMMiB:
		return fault.New(fault.BadRequest, "Flavor's memory is too small for requested image.")
	case f.DiskGiB == 0:
		return b.ctx.Authorize(compute.ZeroDiskFlavor, b.ctx.Caller.OwnTarget())
	case int64(f.DiskGiB)<<30 < max(b.image.VirtualSize, b.image.Size):
		return fault.New(fault.BadRequest, "Flavor's disk is too small for requested image. Flavor disk is %d bytes, image is %d bytes.",
			int64(f.DiskGiB)<<30, max(b.image.VirtualSize, b.image.Size))
	case f.DiskGiB < b.image.MinDiskGiB:
		return fault.New(fault.BadRequest, "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is %d bytes, minimum size is %d bytes.",
			int64(f.DiskGiB)<<30, int64(b.image.MinDiskGiB)<<30)
	}
	return nil
}

// checkNetworks turns what was asked for into ports: named networks, the only
// usable one, or none.
func (s *Service) checkNetworks(b *build) error {
	wanted, word := b.in.NetworksOld, "auto"
	if b.ctx.At("2.37") {
		networks, given := b.in.Networks.Get()
		if !given {
			return fault.New(fault.BadRequest, "Invalid input for field/attribute server. 'networks' is a required property")
		}
		wanted, word = networks.List, networks.Word
	}
	if word == "none" {
		return nil
	}
	usable, err := s.DB.Networks(b.ctx, b.ctx.Caller.ProjectID)
	if err != nil {
		return err
	}
	if len(wanted) == 0 {
		switch len(usable) {
		case 0:
			return nil
		case 1:
			b.args.Ports = []cloud.PortRequest{{NetworkID: usable[0].ID}}
			return nil
		}
		return fault.New(fault.Conflict, "Multiple possible networks found, use a Network ID to be more specific.")
	}
	for _, w := range wanted {
		if port := w.Port.Or(""); port != "" {
			return fault.New(fault.BadRequest, "Port %s could not be found.", port)
		}
		id := w.UUID.Or("")
		if !slices.ContainsFunc(usable, func(n cloud.Network) bool { return n.ID == id }) {
			return fault.New(fault.BadRequest, "Network %s could not be found.", id)
		}
		if w.FixedIP.Set && b.max > 1 {
			return fault.New(fault.BadRequest, "Cannot specify a fixed IP address for more than one server.")
		}
		b.args.Ports = append(b.args.Ports, cloud.PortRequest{NetworkID: id, FixedIP: w.FixedIP.Or(""), Tag: w.Tag.Or(w.Tag2.Or(""))})
	}
	return nil
}

func (s *Service) checkKey(b *build) error {
	name, given := b.in.KeyName.Get()
	if !given {
		return nil
	}
	key, err := s.DB.Keypair(b.ctx, b.ctx.Caller.UserID, name)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.BadRequest, "Invalid key_name provided.")
	}
	b.model.KeyName, b.model.PublicKey = name, key.PublicKey
	return err
}

// checkZone reads ZONE, or ZONE:HOST and ZONE:HOST:NODE by those who may, and
// the host members of 2.74.
func (s *Service) checkZone(b *build) error {
	zone, host, forced := strings.Cut(b.in.Zone.Or(""), ":")
	host, node, _ := strings.Cut(host, ":")
	if forced {
		if err := b.ctx.Authorize(compute.ForcedHost, b.ctx.Caller.OwnTarget()); err != nil {
			return err
		}
		if host == "" {
			host = node
		}
		b.args.ForcedHost = host
	}
	services, err := s.DB.Services(b.ctx, "", "nova-compute")
	if err != nil {
		return err
	}
	if zone != "" && !slices.ContainsFunc(services, func(s cloud.Service) bool { return s.Zone == zone && !s.Disabled }) {
		return fault.New(fault.BadRequest, "The requested availability zone is not available")
	}
	b.model.PinnedZone, b.model.Zone = zone, zone
	if !b.in.Host.Set && !b.in.HypervisorHost.Set {
		return nil
	}
	if forced {
		return fault.New(fault.BadRequest, "Unable to specify a host in availability_zone and in host or hypervisor_hostname at once.")
	}
	if err := b.ctx.Authorize(compute.RequestedDestination, b.ctx.Caller.OwnTarget()); err != nil {
		return err
	}
	for _, name := range []wire.Opt[string]{b.in.Host, b.in.HypervisorHost} {
		if want, given := name.Get(); given {
			if _, err := s.DB.Hypervisor(b.ctx, want); fault.Is(err, fault.NotFound) {
				return fault.New(fault.BadRequest, "Compute host %s could not be found.", want)
			} else if err != nil {
				return err
			}
			if b.args.WantHost != "" && b.args.WantHost != want {
				return fault.New(fault.BadRequest, "No valid host was found: host and hypervisor_hostname name different hosts.")
			}
			b.args.WantHost = want
		}
	}
	return nil
}

// checkContents holds what goes into the guest against the quotas.
func (s *Service) checkContents(b *build) error {
	limits, err := s.DB.Limits(b.ctx, s.Quotas, b.ctx.Caller.ProjectID, b.ctx.Caller.UserID)
	if err != nil {
		return err
	}
	if most := limits.Limit(cloud.QuotaMetadataItems); most >= 0 && len(b.in.Metadata) > most {
		return fault.New(fault.OverQuota, "Maximum number of metadata items exceeds %d", most)
	}
	if most := limits.Limit(cloud.QuotaInjectedFiles); most >= 0 && len(b.in.Personality) > most {
		return fault.New(fault.OverQuota, "Quota exceeded, too many injected files: at most %d", most)
	}
	for i, f := range b.in.Personality {
		content, err := base64.StdEncoding.DecodeString(f.Contents)
		if err != nil {
			return fault.New(fault.BadRequest, "Personality content for %s cannot be decoded: it is not base64.", f.Path)
		}
		if most := limits.Limit(cloud.QuotaInjectedFileContent); most >= 0 && len(content) > most {
			return fault.New(fault.OverQuota, "Personality file content too long: personality[%d] has %d bytes, at most %d are allowed", i, len(content), most)
		}
		b.model.Files = append(b.model.Files, cloud.GuestFile{Path: f.Path, Contents: content})
	}
	for i, tag := range b.in.Tags {
		if tag == "" || utf8.RuneCountInString(tag) > 60 {
			return fault.New(fault.BadRequest, "Invalid input for field/attribute server.tags[%d]. Value: %.80s. A tag has 1 to 60 characters.", i, tag)
		}
	}
	for _, g := range b.in.SecurityGroups {
		if g.Name != "default" {
			return fault.New(fault.BadRequest, "Unable to find security_group with name or id '%s'", g.Name)
		}
	}
	if b.in.TrustedCerts.Set {
		if err := b.ctx.Authorize(compute.CreateTrustedCerts, b.ctx.Caller.OwnTarget()); err != nil {
			return err
		}
	}
	return nil
}

// checkIdentity fills in what is the same for all the servers.
func (s *Service) checkIdentity(b *build) error {
	m, caller := &b.model, b.ctx.Caller
	m.ProjectID, m.UserID, m.Flavor = caller.ProjectID, caller.UserID, b.flavor
	m.State = cloud.State{VM: cloud.Building, Task: cloud.Scheduling}
	m.Metadata, m.Tags, m.UserData = b.in.Metadata, b.in.Tags, b.in.UserData.Or("")
	slices.Sort(m.Tags)
	m.Tags = slices.Compact(m.Tags)
	m.ConfigDrive = b.in.ConfigDrive.Or(false)
	m.AccessIPv4, m.AccessIPv6 = b.in.AccessIPv4.Or(""), b.in.AccessIPv6.Or("")
	m.DiskConfig = b.in.DiskConfig.Or("MANUAL")
	m.TrustedCerts = b.in.TrustedCerts.Or(nil)
	m.Description = b.in.Description.Ptr()
	if !b.ctx.At("2.19") {
		m.Description = &b.in.Name
	}
	m.RootDevice, m.Groups = "/dev/vda", []string{"default"}
	m.ReservationID = "r-" + randomText(8, "abcdefghijklmnopqrstuvwxyz0123456789")
	if b.pass = b.in.AdminPass; b.pass == "" {
		b.pass = wire.Secret(randomText(12, "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"))
	}
	return nil
}

// promise writes the servers and their tasks. It makes as many as the quota
// lets it, from max down to min.
func (s *Service) promise(b *build) ([]cloud.Server, error) {
	args, err := json.Marshal(b.args)
	if err != nil {
		return nil, err
	}
	var servers []cloud.Server
	err = s.DB.Tx(b.ctx, func(tx *store.Tx) error {
		servers = servers[:0]
		limits, err := tx.Limits(b.ctx, s.Quotas, b.model.ProjectID, b.model.UserID)
		if err != nil {
			return err
		}
		have, err := tx.Usage(b.ctx, b.model.ProjectID)
		if err != nil {
			return err
		}
		one, most := store.UsageOf(&b.model), limitsOf(limits)
		count := max(b.min, min(b.max, have.Room(one, most)))
		if err := tx.Reserve(b.ctx, s.Quotas, b.model.ProjectID, b.model.UserID, one.Times(count)); err != nil {
			return err
		}
		for i := range count {
			server, err := s.promiseOne(tx, b, i, count, args)
			if err != nil {
				return err
			}
			servers = append(servers, server)
		}
		return nil
	})
	return servers, err
}

// limitsOf are the limits of what servers count for.
func limitsOf(q cloud.Quotas) store.Usage {
	return store.Usage{Instances: q.Limit(cloud.QuotaInstances), Cores: q.Limit(cloud.QuotaCores), RAMMiB: q.Limit(cloud.QuotaRAM)}
}

func (s *Service) promiseOne(tx *store.Tx, b *build, index, count int, args json.RawMessage) (cloud.Server, error) {
	now := s.Now()
	server := b.model
	server.ID, server.LaunchIndex = s.NewID(), index
	server.Name = b.in.Name
	if count > 1 {
		server.Name = fmt.Sprintf("%s-%d", b.in.Name, index+1)
	}
	server.Hostname = hostnameOf(server.Name, server.ID)
	if asked, given := b.in.Hostname.Get(); given {
		server.Hostname = numbered(asked, index, count)
	} else if asked, given := b.in.HostnameFQDN.Get(); given {
		server.Hostname = numbered(asked, index, count)
	}
	server.CreatedAt, server.UpdatedAt = now, now
	var err error
	if server.Number, err = tx.Next(b.ctx, store.InstanceNumbers); err != nil {
		return server, err
	}
	if err := tx.CreateServer(b.ctx, &server); err != nil {
		return server, err
	}
	return server, s.record(b.ctx, tx, &server, cloud.ActionCreate.Record, cloud.TaskCreate, args)
}

// record writes down that an action begins, and promises the task that does it.
func (s *Service) record(ctx httpd.Ctx, tx *store.Tx, server *cloud.Server, action, task string, args json.RawMessage) error {
	now := s.Now()
	if err := tx.AddAction(ctx, &cloud.InstanceAction{
		ServerID: server.ID, RequestID: ctx.RequestID, Action: action,
		UserID: ctx.Caller.UserID, ProjectID: ctx.Caller.ProjectID, StartTime: now,
	}); err != nil || task == "" {
		return err
	}
	return tx.AddTask(ctx, &cloud.Task{
		ID: s.NewID(), Kind: task, ServerID: server.ID, RequestID: ctx.RequestID,
		UserID: ctx.Caller.UserID, ProjectID: ctx.Caller.ProjectID, Args: args, RunAt: now, CreatedAt: now,
	})
}

func numbered(hostname string, index, count int) string {
	if count == 1 {
		return hostname
	}
	return fmt.Sprintf("%s-%d", hostname, index+1)
}

// hostnameOf makes a host name of a server's name: letters, digits and single
// hyphens, at most 63; a name that leaves nothing gives Server-ID.
func hostnameOf(name, id string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			b.WriteRune(r)
		case r == ' ', r == '_', r == '.':
			b.WriteByte('-')
		}
	}
	host := strings.Trim(b.String(), "-")
	if len(host) > 63 {
		host = strings.Trim(host[:63], "-")
	}
	if host == "" {
		return "Server-" + id
	}
	return host
}

// randomText is n letters of an alphabet, each as likely.
func randomText(n int, alphabet string) string {
	text := make([]byte, 0, n)
	limit := byte(256 - 256%len(alphabet))
	var b [1]byte
	for len(text) < n {
		_, _ = rand.Read(b[:])
		if b[0] < limit || limit == 0 {
			text = append(text, alphabet[int(b[0])%len(alphabet)])
		}
	}
	return string(text)
}
