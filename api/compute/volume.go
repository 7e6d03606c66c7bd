package compute

import "github.com/novalet/novalet/api/wire"

// OldVolume is a volume as Nova's proxy to the volume service showed it.
// Source: API reference "Volume extension", which ended with 2.35.
type OldVolume struct {
	ID          string            `json:"id"`
	Status      string            `json:"status"`
	SizeGiB     int               `json:"size"`
	Zone        *string           `json:"availabilityZone"`
	Created     *string           `json:"createdAt"`
	Attachments []OldVolumeUse    `json:"attachments"` // one; empty for a volume that is not attached
	Name        *string           `json:"displayName"`
	Description *string           `json:"displayDescription"`
	Type        *string           `json:"volumeType"`
	SnapshotID  *string           `json:"snapshotId"`
	Metadata    map[string]string `json:"metadata"`
}

// OldVolumeUse is the server that has a volume.
type OldVolumeUse struct {
	ID       wire.Opt[string] `json:"id"` // the volume's
	VolumeID wire.Opt[string] `json:"volumeId"`
	ServerID wire.Opt[string] `json:"serverId"`
	Device   wire.Opt[string] `json:"device"`
}

// OldVolumes is the reply of GET /os-volumes and /os-volumes/detail, which do
// not differ.
type OldVolumes struct {
	Volumes []OldVolume `json:"volumes"`
}

// OldVolumeShown is the reply of GET /os-volumes/{volume_id}.
type OldVolumeShown struct {
	Volume OldVolume `json:"volume"`
}

// OldVolumeCreated is the reply of POST /os-volumes.
type OldVolumeCreated struct {
	Volume   OldVolume `json:"volume"`
	Location string    `header:"Location"`
}

// OffsetQuery is what the lists of the proxies take.
type OffsetQuery struct {
	Limit  wire.Opt[int] `query:"limit" is:"min=0"`
	Offset wire.Opt[int] `query:"offset" is:"min=0"`
}

// VolumeID names one volume.
type VolumeID struct {
	ID string `path:"volume_id"`
}

// OldVolumeCreate is the body of POST /os-volumes.
type OldVolumeCreate struct {
	Volume OldVolumeNew `json:"volume" is:"required"`
}

// OldVolumeNew is a volume to be made.
type OldVolumeNew struct {
	Type        wire.Opt[string]         `json:"volume_type"`
	Metadata    wire.Opt[map[string]any] `json:"metadata"`
	SnapshotID  wire.Opt[string]         `json:"snapshot_id"`
	SizeGiB     int                      `json:"size" is:"required,loose,min=1"`
	Zone        wire.Opt[string]         `json:"availability_zone"`
	Name        wire.Opt[string]         `json:"display_name"`
	Description wire.Opt[string]         `json:"display_description"`
}

// OldSnapshot is a snapshot of a volume, as the proxy showed it.
type OldSnapshot struct {
	ID          string  `json:"id"`
	VolumeID    string  `json:"volumeId"`
	Status      string  `json:"status"`
	SizeGiB     int     `json:"size"`
	Created     *string `json:"createdAt"`
	Name        *string `json:"displayName"`
	Description *string `json:"displayDescription"`
}

// OldSnapshots is the reply of GET /os-snapshots and /os-snapshots/detail.
type OldSnapshots struct {
	Snapshots []OldSnapshot `json:"snapshots"`
}

// OldSnapshotShown is the reply that holds one.
type OldSnapshotShown struct {
	Snapshot OldSnapshot `json:"snapshot"`
}

// SnapshotID names one snapshot.
type SnapshotID struct {
	ID string `path:"snapshot_id"`
}

// OldSnapshotCreate is the body of POST /os-snapshots.
type OldSnapshotCreate struct {
	Snapshot OldSnapshotNew `json:"snapshot" is:"required"`
}

// OldSnapshotNew is a snapshot to be made.
type OldSnapshotNew struct {
	VolumeID    string           `json:"volume_id" is:"required"`
	Force       wire.Opt[bool]   `json:"force" is:"loose"` // although the volume is in use
	Name        wire.Opt[string] `json:"display_name"`
	Description wire.Opt[string] `json:"display_description"`
}

// AssistedSnapshotCreate is the body of POST /os-assisted-volume-snapshots, by
// which the volume service asks for a snapshot of a file that a server uses.
// Source: API reference "Assisted volume snapshots".
type AssistedSnapshotCreate struct {
	Snapshot AssistedSnapshotNew `json:"snapshot" is:"required"`
}

// AssistedSnapshotNew is the snapshot to be made.
type AssistedSnapshotNew struct {
	VolumeID string                  `json:"volume_id" is:"required,min=1"`
	Info     AssistedSnapshotDetails `json:"create_info" is:"required"`
}

// AssistedSnapshotDetails say what to write where.
type AssistedSnapshotDetails struct {
	SnapshotID string           `json:"snapshot_id" is:"required,min=1"`
	Type       string           `json:"type" is:"required,enum=qcow2"`
	NewFile    string           `json:"new_file" is:"required,min=1"`
	ID         wire.Opt[string] `json:"id" is:"min=1"`
}

// AssistedSnapshot is the reply of POST.
type AssistedSnapshot struct {
	Snapshot AssistedSnapshotMade `json:"snapshot"`
}

// AssistedSnapshotMade is what the reply says of the snapshot.
type AssistedSnapshotMade struct {
	ID       *string `json:"id"`
	VolumeID string  `json:"volumeId"`
}

// AssistedSnapshotDelete is DELETE /os-assisted-volume-snapshots/{snapshot_id}.
type AssistedSnapshotDelete struct {
	ID   string           `path:"snapshot_id"`
	Info wire.Opt[string] `query:"delete_info"` // a JSON object with volume_id
}

// The routes of the volume proxies and of assisted snapshots.
var (
	ListOldVolumes       = volumeProxy[OffsetQuery, OldVolumes]("volumes.list", "GET", "/os-volumes", "200", "list", projectReader)
	ListOldVolumesDetail = volumeProxy[OffsetQuery, OldVolumes]("volumes.detail", "GET", "/os-volumes/detail", "200", "detail", projectReader)
	CreateOldVolume      = volumeProxy[OldVolumeCreate, OldVolumeCreated]("volumes.create", "POST", "/os-volumes", "200", "create", projectMember)
	ShowOldVolume        = volumeProxy[VolumeID, OldVolumeShown]("volumes.show", "GET", "/os-volumes/{volume_id}", "200", "show", projectReader)
	DeleteOldVolume      = volumeProxy[VolumeID, wire.None]("volumes.delete", "DELETE", "/os-volumes/{volume_id}", "202", "delete", projectMember)

	ListOldSnapshots       = volumeProxy[OffsetQuery, OldSnapshots]("snapshots.list", "GET", "/os-snapshots", "200", "snapshots:list", projectReader)
	ListOldSnapshotsDetail = volumeProxy[OffsetQuery, OldSnapshots]("snapshots.detail", "GET", "/os-snapshots/detail", "200", "snapshots:detail", projectReader)
	CreateOldSnapshot      = volumeProxy[OldSnapshotCreate, OldSnapshotShown]("snapshots.create", "POST", "/os-snapshots", "200", "snapshots:create", projectMember)
	ShowOldSnapshot        = volumeProxy[SnapshotID, OldSnapshotShown]("snapshots.show", "GET", "/os-snapshots/{snapshot_id}", "200", "snapshots:show", projectReader)
	DeleteOldSnapshot      = volumeProxy[SnapshotID, wire.None]("snapshots.delete", "DELETE", "/os-snapshots/{snapshot_id}", "202", "snapshots:delete", projectMember)

	CreateAssistedSnapshot = wire.Route[AssistedSnapshotCreate, AssistedSnapshot]{
		Name: "assisted_snapshots.create", Method: "POST", Path: "/os-assisted-volume-snapshots", Status: "200",
		Policy: rule("os-assisted-volume-snapshots:create", serviceOrAdmin), LooseQuery: "always",
	}
	DeleteAssistedSnapshot = wire.Route[AssistedSnapshotDelete, wire.None]{
		Name: "assisted_snapshots.delete", Method: "DELETE", Path: "/os-assisted-volume-snapshots/{snapshot_id}", Status: "204",
		Policy: rule("os-assisted-volume-snapshots:delete", serviceOrAdmin), LooseQuery: "2.74",
	}
)

// volumeProxy is a route to the volume service; all of them ended with 2.35.
func volumeProxy[In, Out any](name, method, path string, status wire.Status, policy, check string) wire.Route[In, Out] {
	return wire.Route[In, Out]{
		Name: name, Method: method, Path: path, Status: status, Span: "-2.35", Policy: rule("os-volumes:"+policy, check), LooseQuery: "always",
	}
}

func volumeRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListOldVolumes, ListOldVolumesDetail, CreateOldVolume, ShowOldVolume, DeleteOldVolume,
		ListOldSnapshots, ListOldSnapshotsDetail, CreateOldSnapshot, ShowOldSnapshot, DeleteOldSnapshot,
		CreateAssistedSnapshot, DeleteAssistedSnapshot,
	}
}
