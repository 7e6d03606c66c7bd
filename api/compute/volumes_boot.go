package compute

import (
	"strings"

	"github.com/novalet/novalet/api/wire"
)

// onVolumesBoot is a route of servers below the other path that Nova has for
// it until 2.102.
func onVolumesBoot[In, Out any](r wire.Route[In, Out]) wire.Route[In, Out] {
	r.Name = "volumes_boot." + strings.TrimPrefix(r.Name, "servers.")
	r.Path = "/os-volumes_boot" + strings.TrimPrefix(r.Path, "/servers")
	r.Span += "-2.102"
	return r
}

// The routes of /os-volumes_boot, which do what those of /servers do.
var (
	ListVolumesBoot          = onVolumesBoot(ListServers)
	ListVolumesBootDetail    = onVolumesBoot(ListServersDetail)
	CreateVolumesBoot        = onVolumesBoot(CreateServer)
	ShowVolumesBoot          = onVolumesBoot(ShowServer)
	UpdateVolumesBoot        = onVolumesBoot(UpdateServer)
	DeleteVolumesBoot        = onVolumesBoot(DeleteServer)
	StartVolumesBoot         = onVolumesBoot(StartServer)
	StopVolumesBoot          = onVolumesBoot(StopServer)
	RebootVolumesBoot        = onVolumesBoot(RebootServer)
	ResizeVolumesBoot        = onVolumesBoot(ResizeServer)
	ConfirmResizeVolumesBoot = onVolumesBoot(ConfirmResize)
	RevertResizeVolumesBoot  = onVolumesBoot(RevertResize)
	RebuildVolumesBoot       = onVolumesBoot(RebuildServer)
	CreateImageVolumesBoot   = onVolumesBoot(CreateImage)
	CrashDumpVolumesBoot     = onVolumesBoot(CrashDump)
)

func volumesBootRoutes() []wire.Endpoint {
	return []wire.Endpoint{
		ListVolumesBoot, ListVolumesBootDetail, CreateVolumesBoot, ShowVolumesBoot, UpdateVolumesBoot, DeleteVolumesBoot,
		StartVolumesBoot, StopVolumesBoot, RebootVolumesBoot, ResizeVolumesBoot, ConfirmResizeVolumesBoot,
		RevertResizeVolumesBoot, RebuildVolumesBoot, CreateImageVolumesBoot, CrashDumpVolumesBoot,
	}
}
