package compute

import "github.com/novalet/novalet/api/wire"

// VolumeAttachment is a volume on a server. Sources: API reference "Servers
// with volume attachments"; microversions 2.70 (tag), 2.79
// (delete_on_termination), 2.89 (two ids for one).
type VolumeAttachment struct {
	ID           string           `json:"id" v:"-2.88"` // the volume's
	VolumeID     string           `json:"volumeId"`
	ServerID     string           `json:"serverId"`
	Device       wire.Opt[string] `json:"device"` // /dev/vdb; absent while no host has named it
	Tag          *string          `json:"tag" v:"2.70"`
	Delete       bool             `json:"delete_on_termination" v:"2.79"`
	AttachmentID *string          `json:"attachment_id" v:"2.89"` // the volume service's
	DiskID       string           `json:"bdm_uuid" v:"2.89"`
}

// VolumeAttachmentMade is what POST .../os-volume_attachments answers until
// 2.100. It says again what was asked for, delete_on_termination in the form it
// came in.
type VolumeAttachmentMade struct {
	ID       wire.Opt[string] `json:"id"` // the volume's
	ServerID string           `json:"serverId"`
	VolumeID string           `json:"volumeId"`
	Device   *string          `json:"device"`
	Tag      *string          `json:"tag" v:"2.70"`
	Delete   bool             `json:"delete_on_termination" is:"loose" v:"2.79"`
}

// VolumeAttachments is the reply of the list.
type VolumeAttachments struct {
	Attachments []VolumeAttachment `json:"volumeAttachments"`
}

// VolumeAttachmentShown is the reply that holds one.
type VolumeAttachmentShown struct {
	Attachment VolumeAttachment `json:"volumeAttachment"`
}

// VolumeAttachedReply is the reply of POST: empty from 2.101 on.
type VolumeAttachedReply struct {
	Attachment VolumeAttachmentMade `json:"volumeAttachment" v:"-2.100"`
}

// VolumeAttachmentQuery is what GET .../os-volume_attachments takes.
type VolumeAttachmentQuery struct {
	ID     string        `path:"server_id"`
	Limit  wire.Opt[int] `query:"limit" is:"min=0"`
	Offset wire.Opt[int] `query:"offset" is:"min=0"`
}

// VolumeAttachmentID names a volume of a server.
type VolumeAttachmentID struct {
	ID       string `path:"server_id"`
	VolumeID string `path:"volume_id"`
}

// VolumeAttach is the body of POST .../os-volume_attachments.
type VolumeAttach struct {
	ID         string       `path:"server_id"`
	Attachment VolumeWanted `json:"volumeAttachment" is:"required"`
}

// VolumeWanted is a volume to be attached.
type VolumeWanted struct {
	VolumeID string           `json:"volumeId" is:"required,uuid"`
	Device   wire.Opt[string] `json:"device" is:"null,device"`
	Tag      wire.Opt[string] `json:"tag" is:"tag" v:"2.49"`
	Delete   wire.Opt[bool]   `json:"delete_on_termination" is:"loose" v:"2.79"`
}

// VolumeAttachmentUpdate is the body of PUT .../os-volume_attachments/{volume_id}:
// another volume to swap to, or from 2.85 the same one with a new
// delete_on_termination. What else the view shows may come along unchanged.
type VolumeAttachmentUpdate struct {
	ID         string                 `path:"server_id"`
	VolumeID   string                 `path:"volume_id"`
	Attachment VolumeAttachmentChange `json:"volumeAttachment" is:"required"`
}

// VolumeAttachmentChange is what PUT takes.
type VolumeAttachmentChange struct {
	VolumeID string           `json:"volumeId" is:"required,uuid"`
	Device   wire.Opt[string] `json:"device" is:"null,device" v:"2.85"`
	Tag      wire.Opt[string] `json:"tag" is:"tag" v:"2.85"`
	Delete   wire.Opt[bool]   `json:"delete_on_termination" is:"loose" v:"2.85"`
	ServerID wire.Opt[string] `json:"serverId" is:"uuid" v:"2.85"`
	OldID    wire.Opt[string] `json:"id" is:"uuid" v:"2.85"`
}

// VolumeAttachmentUpdateRule decides about PUT from 2.85 on when the volume
// stays the same; the route's own rule is about swapping.
var VolumeAttachmentUpdateRule = rule("os-volumes-attachments:update", projectMember)

// The routes of volume attachments.
var (
	ListVolumeAttachments = wire.Route[VolumeAttachmentQuery, VolumeAttachments]{
		Name: "servers.volumes.list", Method: "GET", Path: "/servers/{server_id}/os-volume_attachments", Status: "200",
		Policy: rule("os-volumes-attachments:index", projectReader), LooseQuery: "2.74",
	}
	AttachVolume = wire.Route[VolumeAttach, VolumeAttachedReply]{
		Name: "servers.volumes.attach", Method: "POST", Path: "/servers/{server_id}/os-volume_attachments",
		Status: "2.1:200 2.101:202", Policy: rule("os-volumes-attachments:create", projectMember), LooseQuery: "always",
	}
	ShowVolumeAttachment = wire.Route[VolumeAttachmentID, VolumeAttachmentShown]{
		Name: "servers.volumes.show", Method: "GET", Path: "/servers/{server_id}/os-volume_attachments/{volume_id}", Status: "200",
		Policy: rule("os-volumes-attachments:show", projectReader), LooseQuery: "always",
	}
	UpdateVolumeAttachment = wire.Route[VolumeAttachmentUpdate, wire.None]{
		Name: "servers.volumes.update", Method: "PUT", Path: "/servers/{server_id}/os-volume_attachments/{volume_id}", Status: "202",
		Policy: rule("os-volumes-attachments:swap", serviceOrAdmin), LooseQuery: "always",
	}
	DetachVolume = wire.Route[VolumeAttachmentID, wire.None]{
		Name: "servers.volumes.detach", Method: "DELETE", Path: "/servers/{server_id}/os-volume_attachments/{volume_id}", Status: "202",
		Policy: rule("os-volumes-attachments:delete", projectMember), LooseQuery: "always",
	}
)

func volumeAttachmentRoutes() []wire.Endpoint {
	return []wire.Endpoint{ListVolumeAttachments, AttachVolume, ShowVolumeAttachment, UpdateVolumeAttachment, DetachVolume}
}
