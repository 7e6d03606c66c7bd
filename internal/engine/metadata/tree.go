package metadata

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/engine/configdrive"
)

// The versions that are answered, the newest of each format; latest is the
// same.
const (
	openstackVersion = "2018-08-27"
	ec2Version       = "2009-04-04"
	latest           = "latest"
)

// tree is all that a guest can read: path, without the first slash, to text.
// Folders are what the paths have in front of a slash.
type tree map[string][]byte

func treeOf(g *cloud.Guest) (tree, error) {
	documents, err := configdrive.Documents(*g)
	if err != nil {
		return nil, err
	}
	t := tree{}
	for name, text := range documents {
		t["openstack/"+name] = text
		if rest, ok := strings.CutPrefix(name, latest+"/"); ok {
			t["openstack/"+openstackVersion+"/"+rest] = text
		}
	}
	for _, version := range []string{ec2Version, latest} {
		for name, text := range ec2(g) {
			t[version+"/meta-data/"+name] = []byte(text)
		}
		if text, ok := documents[latest+"/user_data"]; ok {
			t[version+"/user-data"] = text
		}
	}
	return t, nil
}

// ec2 is meta-data/ of the EC2 format, as far as a host knows it.
func ec2(g *cloud.Guest) map[string]string {
	items := map[string]string{
		"ami-id":                      "ami-" + short(g.Image.ID),
		"ami-launch-index":            strconv.Itoa(g.LaunchIndex),
		"block-device-mapping/ami":    "vda",
		"block-device-mapping/root":   "/dev/vda",
		"hostname":                    g.Hostname,
		"instance-action":             "none",
		"instance-id":                 "i-" + strings.TrimPrefix(g.InstanceName, "instance-"),
		"local-hostname":              g.Hostname,
		"placement/availability-zone": g.Zone,
		"public-hostname":             g.Hostname,
	}
	if len(g.Ports) > 0 {
		items["local-ipv4"] = g.Ports[0].IP
		items["mac"] = g.Ports[0].MAC
	}
	if g.Kernel != nil {
		items["kernel-id"] = "aki-" + short(g.Kernel.ID)
	}
	if g.Ramdisk != nil {
		items["ramdisk-id"] = "ari-" + short(g.Ramdisk.ID)
	}
	names := slices.Sorted(maps.Keys(g.PublicKeys))
	for i, name := range names {
		items[fmt.Sprintf("public-keys/%d/openssh-key", i)] = g.PublicKeys[name]
	}
	if len(names) > 0 {
		// This folder's list has the names of the keys, unlike any other.
		for i, name := range names {
			names[i] = fmt.Sprintf("%d=%s", i, name)
		}
		items["public-keys/"] = strings.Join(names, "\n")
	}
	return items
}

// short makes of a UUID the eight digits of an EC2 id.
func short(id string) string { return fmt.Sprintf("%.8s", id) }

// read returns a file, or the list of a folder, and its media type. A slash at
// the end does not matter.
func (t tree) read(path string) (text []byte, kind string, ok bool) {
	path = strings.Trim(path, "/")
	if text, ok = t[path]; ok {
		return text, kindOf(path), true
	}
	folder := path + "/"
	if path == "" {
		folder = ""
	}
	if text, ok = t[folder]; ok {
		return text, kindOf(folder), true
	}
	names := map[string]bool{}
	for full := range t {
		rest, below := strings.CutPrefix(full, folder)
		if !below {
			continue
		}
		name, _, deeper := strings.Cut(rest, "/")
		if deeper && strings.Contains(folder, "/meta-data/") {
			name += "/" // as EC2 marks folders
		}
		names[name] = true
	}
	if len(names) == 0 {
		return nil, "", false
	}
	return []byte(strings.Join(slices.Sorted(maps.Keys(names)), "\n")), kindOf(folder), true
}
