package nova

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/client"
	"github.com/novalet/novalet/internal/cli/verb"
)

// parsed is an Env whose arguments were read at a version, without a cloud behind it.
func parsed(t testing.TB, version wire.Version, line ...string) *verb.Env {
	t.Helper()
	_, values, err := Program().Parse(line, version, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	cloud := client.New(client.NewTransport(client.Options{}), client.Static{})
	return &verb.Env{Args: values, Cloud: cloud.At(version), Env: func(string) string { return "" }}
}

func nicLine(specs ...string) []string {
	line := []string{"boot", "vm"}
	for _, spec := range specs {
		line = append(line, "--nic", spec)
	}
	return line
}

func TestNICs(t *testing.T) {
	for _, c := range []struct {
		version uint16
		specs   []string
		want    *nics // nil: refused
	}{
		{92, nil, &nics{word: "auto"}},
		{36, nil, &nics{}},
		{92, []string{"none"}, &nics{word: "none"}},
		{92, []string{"none", "auto"}, nil},
		{92, []string{"none", "net-id=n"}, nil},
		{92, []string{"none,net-id=n"}, nil},
		{36, []string{"none"}, nil},
		{92, []string{"net-id=n,v4-fixed-ip=10.0.0.1,tag=t", "port-id=p"}, &nics{list: []nic{{"net-id": "n", "v4-fixed-ip": "10.0.0.1", "tag": "t"}, {"port-id": "p"}}}},
		{40, []string{"net-id=n,tag=t"}, nil},
		{33, []string{"net-id=n,tag=t"}, &nics{list: []nic{{"net-id": "n", "tag": "t"}}}},
		{92, []string{"net-id=n,port-id=p"}, nil},
		{92, []string{"net-id="}, nil},
		{92, []string{"net-id=n,net-id=m"}, nil},
		{92, []string{"net-id=n,v4-fixed-ip=fe80::1"}, nil},
		{92, []string{"net-id=n,v6-fixed-ip=10.0.0.1"}, nil},
		{92, []string{"net-id=n,v4-fixed-ip=10.0.0.1,v6-fixed-ip=fe80::1"}, nil},
		{92, []string{"v4-fixed-ip=10.0.0.1"}, nil},
		{92, []string{"bogus=1"}, nil},
		{92, []string{""}, nil},
	} {
		got, err := nicsOf(parsed(t, wire.V(2, c.version), nicLine(c.specs...)...))
		if (err == nil) != (c.want != nil) {
			t.Errorf("%q at 2.%d: %v", c.specs, c.version, err)
		} else if c.want != nil {
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(nics{})); diff != "" {
				t.Errorf("%q at 2.%d (- want, + got):\n%s", c.specs, c.version, diff)
			}
		}
	}
}

func TestDisks(t *testing.T) {
	for _, c := range []struct {
		version uint16
		line    string
		want    []compute.BlockDevice // nil: refused
	}{
		{92, "--boot-volume v", []compute.BlockDevice{{UUID: wire.Some("v"), Source: "volume", Destination: wire.Some("volume"), BootIndex: wire.Some(0), Delete: wire.Some(false)}}},
		{92, "--snapshot s --swap 64", []compute.BlockDevice{
			{UUID: wire.Some("s"), Source: "snapshot", Destination: wire.Some("volume"), BootIndex: wire.Some(0), Delete: wire.Some(false)},
			{Source: "blank", Destination: wire.Some("local"), BootIndex: wire.Some(-1), Delete: wire.Some(true), Format: wire.Some("swap"), SizeGiB: wire.Some(64)},
		}},
		{92, "--ephemeral size=2,format=ext4", []compute.BlockDevice{{Source: "blank", Destination: wire.Some("local"), BootIndex: wire.Some(-1), Delete: wire.Some(true), Format: wire.Some("ext4"), SizeGiB: wire.Some(2)}}},
		{92, "--block-device size=1", []compute.BlockDevice{{Source: "blank", Destination: wire.Some("local"), Delete: wire.Some(true), SizeGiB: wire.Some(1)}}},
		{92, "--block-device id=v,source=volume,bootindex=0,shutdown=remove,tag=t,volume_type=fast,bus=ide,type=cdrom,device=vdb", []compute.BlockDevice{{
			UUID: wire.Some("v"), Source: "volume", Destination: wire.Some("volume"), BootIndex: wire.Some(0), Delete: wire.Some(true), Tag: wire.Some("t"), Tag2: wire.Some("t"),
			VolumeType: wire.Some("fast"), DiskBus: wire.Some("ide"), DeviceType: wire.Some("cdrom"), DeviceName: wire.Some("vdb"),
		}}},
		{92, "--block-device bootindex=none", []compute.BlockDevice{{Source: "blank", Destination: wire.Some("local"), Delete: wire.Some(true), BootIndex: wire.Null[int]()}}},
		{33, "--block-device tag=t", nil},
		{66, "--block-device volume_type=t", nil},
		{92, "--block-device source=tape", nil},
		{92, "--block-device dest=moon", nil},
		{92, "--block-device shutdown=maybe", nil},
		{92, "--block-device size=big", nil},
		{92, "--block-device colour=red", nil},
		{92, "--block-device size", nil},
		{92, "--block-device a=b=c", nil},
		{92, "--swap much", nil},
	} {
		got, err := disksOf(parsed(t, wire.V(2, c.version), append([]string{"boot", "vm"}, strings.Fields(c.line)...)...))
		if (err == nil) != (c.want != nil) {
			t.Errorf("%s at 2.%d: %v", c.line, c.version, err)
		} else if c.want != nil {
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (- want, + got):\n%s", c.line, diff)
			}
		}
	}
}

func TestOldDisks(t *testing.T) {
	got, err := oldDisksOf([]string{"vda=v", "vdb=s:snap:3:1", "vdc=v:::0"})
	want := []compute.BlockDeviceV1{
		{DeviceName: wire.Some("vda"), VolumeID: wire.Some("v")},
		{DeviceName: wire.Some("vdb"), SnapshotID: wire.Some("s"), SizeGiB: wire.Some(3), Delete: wire.Some(true)},
		{DeviceName: wire.Some("vdc"), VolumeID: wire.Some("v"), Delete: wire.Some(false)},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, text := range []string{"vda", "vda=v::x", "vda=v:::maybe"} {
		if _, err := oldDisksOf([]string{text}); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func TestHints(t *testing.T) {
	got := hintsOf([]string{"a=1", "b=2", "a=3", "a=4=5"})
	if diff := cmp.Diff(compute.Hints{"a": []any{"1", "3", "4=5"}, "b": "2"}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzBootOptions(f *testing.F) {
	f.Add("net-id=n,v4-fixed-ip=10.0.0.1", "id=v,source=volume,size=1,bootindex=0", "vda=v:snap:1:1")
	f.Fuzz(func(t *testing.T, nicText, diskText, oldText string) {
		if n, err := readNIC(nicText, true); err == nil && n["net-id"] == "" && n["net-name"] == "" && n["port-id"] == "" {
			t.Errorf("%q goes nowhere", nicText)
		}
		if d, err := readBlockDevice(parsed(t, wire.V(2, 92), "boot", "vm"), diskText); err == nil && (d.Source == "" || !d.Destination.Set) {
			t.Errorf("%q is no disk", diskText)
		}
		_, _ = oldDisksOf([]string{oldText})
	})
}

// Times are taken as iso8601 takes them, which novaclient uses.
func TestTimesAreISO8601s(t *testing.T) {
	texts := []string{
		"2016", "2016-03", "201603", "20160304", "2016-3-4", "2016-03-04", "2016-02-30", "2016-13-01", "2016-00-10",
		"2016-03-04T06:27:59Z", "2016-03-04 06:27:59", "2016-03-04T06:27:59.123+01:00", "2016-03-04T06:27:59,5-0130", "20160304T062759Z",
		"2016-03-04T06", "2016-03-04T0627", "2016-03-04T06:27", "2016-03-04T24:00:00Z", "2016-03-04T06:60:00Z", "2016-03-04T06:27:60Z", "2016-03-04T06:27:5",
		"2016-03-04T06:27:59+01", "2016-03-04T06:27:59+0", "2016-03-04T", "2016-03T06", "nope", "", "2016-03-04T06:27:59Z ", " 2016", "2016-03-04t06:27:59Z", "0000-01-01", "99999-01-01",
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "-c", `
import json, sys
from oslo_utils import timeutils
def ok(t):
    try:
        timeutils.parse_isotime(t)
        return True
    except ValueError:
        return False
json.dump([ok(t) for t in json.load(sys.stdin)], sys.stdout)`)
	cmd.Stdin = strings.NewReader(string(in))
	reply, err := cmd.Output()
	if err != nil {
		t.Skipf("no oslo.utils to compare with: %v", err)
	}
	var want []bool
	if err := json.Unmarshal(reply, &want); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		if got := isTime(text); got != want[i] {
			t.Errorf("%q is a time: %t, want %t", text, got, want[i])
		}
	}
}

func TestFieldTitle(t *testing.T) {
	for field, want := range map[string]string{
		"name": "Name", "vm_state": "Vm State", "OS-EXT-STS:vm_state": "OS-EXT-STS: Vm State", "hostId": "hostId",
		"OS-DCF:diskConfig": "OS-DCF: diskConfig", "flavor:original_name": "flavor: Original Name", "accessIPv4": "accessIPv4", "ID": "Id",
	} {
		if got := fieldTitle(field); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
}

func TestOwnOptionsStandAnywhere(t *testing.T) {
	for line, want := range map[string]string{
		"flavor-list --format json --explain":          "flavor-list",
		"--os-cloud c --format=csv list --name x":      "list --name x",
		"boot -- --explain":                            "boot -- --explain",
		"list --format":                                "list",
		"--debug flavor-list --no-cache --extra-specs": "--debug flavor-list --extra-specs",
		"list --os-application_credential_id x --os-application-credential-secret=y --os-passcode 1 --all": "list --all",
		"boot --no-cachet --explained x --format-it=no":                                                    "boot --no-cachet --explained x --format-it=no",
	} {
		if got := strings.Join(withoutOwn(strings.Fields(line), globals()), " "); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
