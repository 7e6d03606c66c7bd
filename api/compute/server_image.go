package compute

import "github.com/novalet/novalet/api/wire"

// ImageCreate is the body of the createImage action.
type ImageCreate struct {
	ID       string            `path:"server_id"`
	Name     string            `json:"name" is:"required,min=1,max=255,name"`
	Metadata map[string]string `json:"metadata,omitempty" is:"keymax=255,valmax=255,keys=metakey"`
}

// BackupCreate is the body of the createBackup action. Rotation is how many
// backups of the type are kept; with 0 none is, and the reply names none until
// 2.44.
type BackupCreate struct {
	ID         string            `path:"server_id"`
	Name       string            `json:"name" is:"required,min=1,max=255,name"`
	BackupType string            `json:"backup_type" is:"required"` // daily, weekly, or any other word
	Rotation   int               `json:"rotation" is:"required,loose,min=0,max=2147483647"`
	Metadata   map[string]string `json:"metadata,omitempty" is:"keymax=255,valmax=255,keys=metakey"`
}

// ImageMade is the reply of createImage and createBackup: where the new image
// is, and from 2.45 its id.
type ImageMade struct {
	Location string `header:"Location" v:"-2.44"`
	ImageID  string `json:"image_id" v:"2.45"`
}

// CreateVolumeBackedImage lets a caller make an image of a server whose disk
// is a volume.
var CreateVolumeBackedImage = rule("servers:create_image:allow_volume_backed", projectMember)

// The routes that make images of servers.
var (
	CreateImage  = serverAction[ImageCreate, ImageMade]("createImage", "create_image", "servers:create_image", projectMember)
	CreateBackup = serverAction[BackupCreate, ImageMade]("createBackup", "create_backup", "os-create-backup", projectMember)
)

func serverImageRoutes() []wire.Endpoint { return []wire.Endpoint{CreateImage, CreateBackup} }
