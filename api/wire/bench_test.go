package wire_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
)

// plainServers is compute.Servers as one would write it for encoding/json and
// one version.
type plainServers struct {
	Servers []plainServer `json:"servers"`
}

type plainLink struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

type plainServer struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Status   string            `json:"status"`
	Project  string            `json:"tenant_id"`
	User     string            `json:"user_id"`
	Metadata map[string]string `json:"metadata"`
	HostID   string            `json:"hostId"`
	Image    struct {
		ID    string      `json:"id"`
		Links []plainLink `json:"links"`
	} `json:"image"`
	Flavor struct {
		VCPUs        int               `json:"vcpus"`
		RAM          int               `json:"ram"`
		Disk         int               `json:"disk"`
		Ephemeral    int               `json:"ephemeral"`
		Swap         int               `json:"swap"`
		OriginalName string            `json:"original_name"`
		ExtraSpecs   map[string]string `json:"extra_specs"`
	} `json:"flavor"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	Addresses map[string][]struct {
		Version int    `json:"version"`
		Addr    string `json:"addr"`
		Type    string `json:"OS-EXT-IPS:type"`
		MAC     string `json:"OS-EXT-IPS-MAC:mac_addr"`
	} `json:"addresses"`
	AccessIPv4     string      `json:"accessIPv4"`
	AccessIPv6     string      `json:"accessIPv6"`
	Links          []plainLink `json:"links"`
	DiskConfig     string      `json:"OS-DCF:diskConfig"`
	Progress       *int        `json:"progress,omitempty"`
	Zone           string      `json:"OS-EXT-AZ:availability_zone"`
	ConfigDrive    string      `json:"config_drive"`
	KeyName        *string     `json:"key_name"`
	LaunchedAt     *string     `json:"OS-SRV-USG:launched_at"`
	TerminatedAt   *string     `json:"OS-SRV-USG:terminated_at"`
	SecurityGroups []struct {
		Name string `json:"name"`
	} `json:"security_groups"`
	Host           *string `json:"OS-EXT-SRV-ATTR:host"`
	InstanceName   string  `json:"OS-EXT-SRV-ATTR:instance_name"`
	HypervisorHost *string `json:"OS-EXT-SRV-ATTR:hypervisor_hostname"`
	ReservationID  string  `json:"OS-EXT-SRV-ATTR:reservation_id"`
	LaunchIndex    int     `json:"OS-EXT-SRV-ATTR:launch_index"`
	Hostname       string  `json:"OS-EXT-SRV-ATTR:hostname"`
	KernelID       *string `json:"OS-EXT-SRV-ATTR:kernel_id"`
	RamdiskID      *string `json:"OS-EXT-SRV-ATTR:ramdisk_id"`
	RootDevice     *string `json:"OS-EXT-SRV-ATTR:root_device_name"`
	UserData       *string `json:"OS-EXT-SRV-ATTR:user_data"`
	TaskState      *string `json:"OS-EXT-STS:task_state"`
	VMState        string  `json:"OS-EXT-STS:vm_state"`
	PowerState     int     `json:"OS-EXT-STS:power_state"`
	Volumes        []struct {
		ID string `json:"id"`
	} `json:"os-extended-volumes:volumes_attached"`
	HostStatus   string   `json:"host_status"`
	Locked       bool     `json:"locked"`
	LockedReason *string  `json:"locked_reason"`
	Description  *string  `json:"description"`
	Tags         []string `json:"tags"`
	TrustedCerts []string `json:"trusted_image_certificates"`
	Groups       []string `json:"server_groups"`
	PinnedZone   *string  `json:"pinned_availability_zone"`
}

var at = wire.V(2, 96)

// thousand is a list of 1,000 servers as an administrator sees it.
func thousand() compute.Servers {
	var list compute.Servers
	made := time.Date(2026, 11, 22, 10, 11, 12, 345678000, time.UTC)
	text := func(s string) *string { return &s }
	for i := range 1000 {
		id := fmt.Sprintf("7b4b1c3e-2d3c-4c39-8f6e-%012x", i)
		links := []wire.Link{{Rel: "self", Href: "http://127.0.0.1:5000/compute/v2.1/servers/" + id}, {Rel: "bookmark", Href: "http://127.0.0.1:5000/compute/servers/" + id}}
		list.Servers = append(list.Servers, compute.Server{
			ID: id, Name: fmt.Sprintf("vm %d <é>", i), Status: "ACTIVE", Project: "0b5e6d1fa5c94d5e8fd9d1a3f3a6c0f1", User: "5f0a4ac1f0a44cf1b7d3a6f7f4e2a9b8",
			Metadata: map[string]string{"role": "web", "tier": "front"}, HostID: "c3d1f6a7b5e4c3d1f6a7b5e4c3d1f6a7b5e4c3d1f6a7b5e4c3d1f6a7",
			Image:       compute.ServerImage{ID: "0d2a3c1b-2d3c-4c39-8f6e-7b4b1c3e9f10", Links: links[1:]},
			FlavorEmbed: compute.FlavorEmbed{VCPUs: 1, RAM: 512, Disk: 1, OriginalName: "m1.tiny", ExtraSpecs: wire.Some(map[string]string{})},
			Created:     wire.Time(made), Updated: wire.Time(made),
			Addresses: map[string][]compute.Address{"private": {{Version: 4, Addr: "10.0.0.9", Type: "fixed", MAC: "fa:16:3e:00:00:09"}}},
			Links:     links, DiskConfig: "MANUAL", Progress: wire.Some(0), Zone: wire.Some("nova"), ConfigDrive: wire.Some(""), KeyName: wire.Null[string](),
			LaunchedAt: wire.Some(wire.MicroTime(made)), TerminatedAt: wire.Some(wire.MicroTime{}),
			SecurityGroups: wire.Some([]compute.SecurityGroupName{{Name: "default"}}),
			Host:           wire.Some(text("host1")), InstanceName: wire.Some("instance-00000001"), HypervisorHost: wire.Some(text("host1")),
			ReservationID: wire.Some("r-abcdefgh"), LaunchIndex: wire.Some(0), Hostname: wire.Some("vm"), KernelID: wire.Some(text("")), RamdiskID: wire.Some(text("")),
			RootDevice: wire.Some(text("/dev/vda")), UserData: wire.Some[*string](nil), TaskState: wire.Some[*string](nil), VMState: wire.Some("active"), PowerState: wire.Some(1),
			Volumes: wire.Some([]compute.VolumeAttached{}), HostStatus: wire.Some("UP"), Tags: []string{"a", "b"}, TrustedCerts: wire.Null[[]string](), Groups: wire.Some([]string{}),
		})
	}
	return list
}

// both returns the same 1,000 servers in the contract's form, in plain form and
// as JSON, after a look that the two forms are the same.
func both(b *testing.B) (compute.Servers, plainServers, []byte) {
	b.Helper()
	list := thousand()
	text, err := wire.Encode(nil, list, at)
	if err != nil {
		b.Fatal(err)
	}
	var plain plainServers
	if err := json.Unmarshal(text, &plain); err != nil {
		b.Fatal(err)
	}
	again, err := json.Marshal(plain)
	if err != nil {
		b.Fatal(err)
	}
	var one, other any
	if err := json.Unmarshal(text, &one); err != nil {
		b.Fatal(err)
	}
	if err := json.Unmarshal(again, &other); err != nil {
		b.Fatal(err)
	}
	if diff := cmp.Diff(one, other); diff != "" {
		b.Fatalf("the plain form lacks something:\n%.2000s", diff)
	}
	return list, plain, text
}

// BenchmarkEncode is 1,000 servers by the contract's codecs and by
// encoding/json.
func BenchmarkEncode(b *testing.B) {
	list, plain, text := both(b)
	b.Run("wire", func(b *testing.B) {
		buf := make([]byte, 0, 2*len(text))
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := wire.Encode(buf, list, at); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(plain); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDecode is the way back; wire passes over what it does not know, as
// encoding/json does.
func BenchmarkDecode(b *testing.B) {
	_, _, text := both(b)
	b.Run("wire", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			var list compute.Servers
			if err := wire.DecodeLenient(text, &list, at); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			var list plainServers
			if err := json.Unmarshal(text, &list); err != nil {
				b.Fatal(err)
			}
		}
	})
}
