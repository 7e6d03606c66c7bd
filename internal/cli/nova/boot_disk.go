package nova

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/arg"
	"github.com/novalet/novalet/internal/cli/verb"
)

// disksOf are the disks that the options want beside the image: --boot-volume, --snapshot, --block-device, --ephemeral
// and --swap, in this order.
func disksOf(e *verb.Env) ([]compute.BlockDevice, error) {
	a := e.Args
	var disks []compute.BlockDevice
	for _, source := range [...][2]string{{"boot_volume", "volume"}, {"snapshot", "snapshot"}} {
		if id := a.String(source[0]); id != "" {
			disks = append(disks, compute.BlockDevice{
				UUID: wire.Some(id), Source: source[1], Destination: wire.Some("volume"), BootIndex: wire.Some(0), Delete: wire.Some(false),
			})
		}
	}
	for _, text := range a.Strings("block_device") {
		disk, err := readBlockDevice(e, text)
		if err != nil {
			return nil, err
		}
		disks = append(disks, disk)
	}
	local := compute.BlockDevice{Source: "blank", Destination: wire.Some("local"), BootIndex: wire.Some(-1), Delete: wire.Some(true)}
	for _, text := range a.Strings("ephemeral") {
		spec, err := readSpec(text)
		if err != nil {
			return nil, err
		}
		disk := local
		if disk.SizeGiB, err = sizeOf(spec["size"]); err != nil {
			return nil, err
		}
		disk.Format = optional(spec["format"])
		disks = append(disks, disk)
	}
	if text := a.String("swap"); text != "" {
		disk := local
		var err error
		if disk.SizeGiB, err = sizeOf(text); err != nil {
			return nil, err
		}
		disk.Format = wire.Some("swap")
		disks = append(disks, disk)
	}
	return disks, nil
}

func sizeOf(text string) (wire.Opt[int], error) {
	if text == "" {
		return wire.Opt[int]{}, nil
	}
	size, err := arg.Int(text)
	if err != nil {
		return wire.Opt[int]{}, verb.Refuse("The size '%s' of a disk is not a whole number.", text)
	}
	return wire.Some(size.(int)), nil
}

// readSpec reads key=value pairs with commas between them.
func readSpec(text string) (map[string]string, error) {
	spec := map[string]string{}
	for _, part := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		if !ok || strings.Contains(value, "=") {
			return nil, &client.Failure{Class: "ArgumentTypeError", Message: "Expected a comma-separated list of key=value pairs. '" + part + "' is not a key=value pair."}
		}
		spec[key] = value
	}
	return spec, nil
}

// readBlockDevice reads one --block-device.
func readBlockDevice(e *verb.Env, text string) (compute.BlockDevice, error) {
	var disk compute.BlockDevice
	spec, err := readSpec(text)
	if err != nil {
		return disk, err
	}
	tags := e.Since(42) || e.Since(32) && !e.Since(33)
	for key, value := range spec {
		switch key {
		case "id":
			disk.UUID = wire.Some(value)
		case "source":
			disk.Source = value
		case "dest":
			disk.Destination = wire.Some(value)
		case "bus":
			disk.DiskBus = wire.Some(value)
		case "type":
			disk.DeviceType = wire.Some(value)
		case "device":
			disk.DeviceName = wire.Some(value)
		case "format":
			disk.Format = wire.Some(value)
		case "size":
			if disk.SizeGiB, err = sizeOf(value); err != nil {
				return disk, err
			}
		case "bootindex":
			if disk.BootIndex, err = bootIndex(value); err != nil {
				return disk, err
			}
		case "shutdown":
			if value != "remove" && value != "preserve" {
				return disk, verb.Refuse("The value of shutdown key of --block-device shall be either 'remove' or 'preserve' but it was '%s'", value)
			}
			disk.Delete = wire.Some(value == "remove")
		case "tag", "volume_type":
			if key == "tag" && !tags || key == "volume_type" && !e.Since(67) {
				return disk, verb.Refuse("'%s' in block device mapping is not supported in API version %s.", key, e.Compute().Version)
			}
			if key == "tag" {
				disk.Tag, disk.Tag2 = wire.Some(value), wire.Some(value)
			} else {
				disk.VolumeType = wire.Some(value)
			}
		default:
			return disk, &client.Failure{Class: "KeyError", Message: "--block-device has no key '" + key + "'; see `nova help boot`."}
		}
	}
	return disk, settle(&disk)
}

func bootIndex(text string) (wire.Opt[int], error) {
	if strings.EqualFold(text, "none") {
		return wire.Null[int](), nil
	}
	index, err := arg.Int(text)
	if err != nil {
		return wire.Opt[int]{}, verb.Refuse("The bootindex '%s' of --block-device is neither a whole number nor none.", text)
	}
	return wire.Some(index.(int)), nil
}

// settle checks where a disk comes from and goes to, and fills in what follows from it.
func settle(disk *compute.BlockDevice) error {
	if disk.Source == "" {
		disk.Source = "blank"
	}
	if !slices.Contains([]string{"volume", "image", "snapshot", "blank"}, disk.Source) {
		return verb.Refuse("The value of source_type key of --block-device should be one of 'volume', 'image', 'snapshot' or 'blank' but it was '%s'", disk.Source)
	}
	switch disk.Destination.Or("") {
	case "":
		disk.Destination = wire.Some("local")
		if disk.Source == "snapshot" || disk.Source == "volume" {
			disk.Destination = wire.Some("volume")
		}
	case "local", "volume":
	default:
		return verb.Refuse("The value of destination_type key of --block-device should be either 'local' or 'volume' but it was '%s'", disk.Destination.V)
	}
	if !disk.Delete.Set && disk.Destination.V == "local" {
		disk.Delete = wire.Some(true)
	}
	return nil
}

// oldDisksOf reads the --block-device-mapping options: DEVICE=ID:TYPE:SIZE:DELETE. Of two for one device the last
// counts, in the first's place.
func oldDisksOf(texts []string) ([]compute.BlockDeviceV1, error) {
	var disks []compute.BlockDeviceV1
	for _, text := range texts {
		device, mapping, ok := strings.Cut(text, "=")
		if !ok {
			return nil, &client.Failure{Class: "ValueError", Message: "--block-device-mapping " + text + " is not <dev-name>=<id>:<type>:<size(GiB)>:<delete-on-terminate>."}
		}
		parts := strings.Split(mapping, ":")
		disk := compute.BlockDeviceV1{DeviceName: wire.Some(device)}
		if len(parts) > 1 && strings.HasPrefix(parts[1], "snap") {
			disk.SnapshotID = wire.Some(parts[0])
		} else {
			disk.VolumeID = wire.Some(parts[0])
		}
		var err error
		if len(parts) > 2 {
			if disk.SizeGiB, err = sizeOf(parts[2]); err != nil {
				return nil, &client.Failure{Class: "ValueError", Message: err.Error()}
			}
		}
		if len(parts) > 3 {
			remove, err := arg.Bool(parts[3])
			if err != nil {
				return nil, verb.Refuse("The delete-on-terminate '%s' of --block-device-mapping is neither true nor false.", parts[3])
			}
			disk.Delete = wire.Some(remove.(bool))
		}
		if i := slices.IndexFunc(disks, func(d compute.BlockDeviceV1) bool { return d.DeviceName.V == device }); i >= 0 {
			disks[i] = disk
		} else {
			disks = append(disks, disk)
		}
	}
	return disks, nil
}

// reason is why a file could not be opened, as Python says it.
func reason(err error) string {
	var path *fs.PathError
	var number syscall.Errno
	if errors.As(err, &path) && errors.As(err, &number) {
		text := number.Error()
		return "[Errno " + strconv.Itoa(int(number)) + "] " + strings.ToUpper(text[:1]) + text[1:] + ": '" + path.Path + "'"
	}
	return err.Error()
}
