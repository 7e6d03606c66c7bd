// Package configdrive makes the disk that tells a guest about itself at boot:
// an ISO 9660 image labelled config-2 with the documents of the OpenStack
// metadata format, as cloud-init and others read it.
package configdrive

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// Documents are the files below openstack/: name to contents. The metadata
// service gives the same ones.
//
//	latest/meta_data.json latest/network_data.json latest/vendor_data.json
//	latest/user_data (when the guest has any) content/0000 ... (injected files)
func Documents(g cloud.Guest) (map[string][]byte, error) {
	docs := map[string][]byte{"latest/vendor_data.json": []byte("{}")}
	meta := metaData{
		UUID: g.ServerID, Name: g.Name, Hostname: g.Hostname, ProjectID: g.ProjectID,
		Zone: g.Zone, LaunchIndex: g.LaunchIndex, PublicKeys: g.PublicKeys, Meta: g.Metadata,
		Devices: []string{},
	}
	for name, key := range g.PublicKeys {
		meta.Keys = append(meta.Keys, metaKey{Name: name, Type: "ssh", Data: key})
	}
	slices.SortFunc(meta.Keys, func(a, b metaKey) int { return strings.Compare(a.Name, b.Name) })
	for i, f := range g.Files {
		name := fmt.Sprintf("content/%04d", i)
		docs[name] = f.Contents
		meta.Files = append(meta.Files, metaFile{ContentPath: "/" + name, Path: f.Path})
	}
	for name, doc := range map[string]any{"latest/meta_data.json": meta, "latest/network_data.json": networkData(g)} {
		p, err := json.Marshal(doc)
		if err != nil {
			return nil, fmt.Errorf("configdrive: %s: %w", name, err)
		}
		docs[name] = p
	}
	if g.UserData != "" {
		p, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(g.UserData), ""))
		if err != nil {
			return nil, fault.New(fault.BadRequest, "user_data is not base64")
		}
		docs["latest/user_data"] = p
	}
	return docs, nil
}

// metaData is meta_data.json.
type metaData struct {
	UUID        string            `json:"uuid"`
	Name        string            `json:"name"`
	Hostname    string            `json:"hostname"`
	ProjectID   string            `json:"project_id"`
	Zone        string            `json:"availability_zone"`
	LaunchIndex int               `json:"launch_index"`
	PublicKeys  map[string]string `json:"public_keys,omitempty"`
	Keys        []metaKey         `json:"keys,omitempty"`
	Meta        map[string]string `json:"meta,omitempty"`
	Files       []metaFile        `json:"files,omitempty"`
	Devices     []string          `json:"devices"`
}

type metaKey struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Data string `json:"data"`
}

type metaFile struct {
	ContentPath string `json:"content_path"`
	Path        string `json:"path"`
}

func networkData(g cloud.Guest) map[string]any {
	links, networks := []any{}, []any{}
	for i, p := range g.Ports {
		link := fmt.Sprintf("tap%.11s", p.ID)
		l := map[string]any{"id": link, "vif_id": p.ID, "type": "bridge", "ethernet_mac_address": p.MAC, "mtu": nil}
		if p.MTU > 0 {
			l["mtu"] = p.MTU
		}
		links = append(links, l)
		n := map[string]any{"id": fmt.Sprintf("network%d", i), "type": "ipv4_dhcp", "link": link, "network_id": p.NetworkID}
		if prefix, err := netip.ParsePrefix(p.CIDR); err == nil && prefix.Addr().Is6() {
			n["type"] = "ipv6_dhcp"
		}
		networks = append(networks, n)
	}
	return map[string]any{"links": links, "networks": networks, "services": []any{}}
}

// Image is the config drive of a guest; at is the time its files get.
func Image(g cloud.Guest, at time.Time) ([]byte, error) {
	docs, err := Documents(g)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, p := range docs {
		files["openstack/"+name] = p
	}
	return writeISO("config-2", files, at)
}
