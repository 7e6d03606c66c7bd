// Code generated from the source of the commands by go test ./internal/cli/nova -run 'TestCalls$' -update; DO NOT EDIT.

package nova

import (
	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/image"
	"github.com/novalet/novalet/api/wire"
)

// calls are the routes that a command can come to call, in the order in which its code comes to them.
func calls(command string) []wire.Endpoint {
	switch command {
	case "availability-zone-list":
		return []wire.Endpoint{compute.ShowVersion, compute.ListAvailabilityZonesDetail, compute.ListAvailabilityZones}
	case "bash_completion":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.ShowFlavor, compute.ListFlavorsDetail, image.ShowImage, image.ListImages, compute.DeleteServer, compute.ForceDelete, compute.UpdateServer, compute.CreateServer, compute.ListServersDetail, compute.StartServer, compute.StopServer, compute.RebootServer, compute.GetConsoleOutput, compute.LockServer, compute.UnlockServer, compute.CreateMetadata, compute.DeleteMetadataItem, compute.ShowInstanceAction, compute.ListInstanceActions, compute.ListExtraSpecs, compute.DeleteFlavor, compute.CreateFlavor, compute.CreateExtraSpecs, compute.DeleteExtraSpec, compute.UpdateFlavor, compute.ListFlavorAccess, compute.AddFlavorAccess, compute.RemoveFlavorAccess, compute.CreateKeypair, compute.ListKeypairs, compute.ShowKeypair, compute.DeleteKeypair, compute.ListHypervisors, compute.ListHypervisorServers, compute.SearchHypervisors, compute.ShowHypervisor, compute.ListHypervisorsDetail, compute.ShowHypervisorUptime, compute.ShowHypervisorStatistics, compute.ListServices, compute.ListAvailabilityZonesDetail, compute.ListAvailabilityZones, compute.ShowLimits, compute.ShowQuotasDetail, compute.ShowQuotas, compute.ShowQuotaDefaults, compute.DeleteQuotas, compute.UpdateQuotas, compute.ListVersions}
	case "boot":
		return []wire.Endpoint{compute.ShowVersion, image.ShowImage, image.ListImages, compute.ShowFlavor, compute.ListFlavorsDetail, compute.CreateServer, compute.ShowServer}
	case "console-log":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.GetConsoleOutput}
	case "delete":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.DeleteServer}
	case "flavor-access-add":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowFlavor, compute.ListFlavorsDetail, compute.AddFlavorAccess}
	case "flavor-access-list":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowFlavor, compute.ListFlavorsDetail, compute.ListFlavorAccess}
	case "flavor-access-remove":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowFlavor, compute.ListFlavorsDetail, compute.RemoveFlavorAccess}
	case "flavor-create":
		return []wire.Endpoint{compute.ShowVersion, compute.CreateFlavor, compute.ListExtraSpecs}
	case "flavor-delete":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowFlavor, compute.ListFlavorsDetail, compute.DeleteFlavor}
	case "flavor-key":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowFlavor, compute.ListFlavorsDetail, compute.CreateExtraSpecs, compute.DeleteExtraSpec}
	case "flavor-list":
		return []wire.Endpoint{compute.ShowVersion, compute.ListFlavorsDetail, compute.ListExtraSpecs}
	case "flavor-show":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowFlavor, compute.ListFlavorsDetail, compute.ListExtraSpecs}
	case "flavor-update":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowFlavor, compute.ListFlavorsDetail, compute.UpdateFlavor, compute.ListExtraSpecs}
	case "force-delete":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.ForceDelete}
	case "hypervisor-list":
		return []wire.Endpoint{compute.ShowVersion, compute.ListHypervisors, compute.ListHypervisorServers, compute.SearchHypervisors}
	case "hypervisor-servers":
		return []wire.Endpoint{compute.ShowVersion, compute.ListHypervisors, compute.ListHypervisorServers, compute.SearchHypervisors}
	case "hypervisor-show":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowHypervisor, compute.ListHypervisorsDetail}
	case "hypervisor-stats":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowHypervisorStatistics}
	case "hypervisor-uptime":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowHypervisor, compute.ListHypervisorsDetail, compute.ShowHypervisorUptime}
	case "instance-action":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.ShowInstanceAction}
	case "instance-action-list":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.ListInstanceActions}
	case "keypair-add":
		return []wire.Endpoint{compute.ShowVersion, compute.CreateKeypair}
	case "keypair-delete":
		return []wire.Endpoint{compute.ShowVersion, compute.DeleteKeypair}
	case "keypair-list":
		return []wire.Endpoint{compute.ShowVersion, compute.ListKeypairs}
	case "keypair-show":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowKeypair}
	case "limits":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowLimits}
	case "list":
		return []wire.Endpoint{compute.ShowVersion, image.ShowImage, image.ListImages, compute.ShowFlavor, compute.ListFlavorsDetail, compute.ListServers, compute.ListServersDetail}
	case "lock":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.LockServer}
	case "meta":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.CreateMetadata, compute.DeleteMetadataItem}
	case "quota-defaults":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowQuotaDefaults}
	case "quota-delete":
		return []wire.Endpoint{compute.ShowVersion, compute.DeleteQuotas}
	case "quota-show":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowQuotasDetail, compute.ShowQuotas}
	case "quota-update":
		return []wire.Endpoint{compute.ShowVersion, compute.UpdateQuotas}
	case "reboot":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.RebootServer}
	case "service-list":
		return []wire.Endpoint{compute.ShowVersion, compute.ListServices}
	case "show":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.ShowFlavor, compute.ListFlavorsDetail, image.ShowImage, image.ListImages}
	case "start":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.StartServer}
	case "stop":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.StopServer}
	case "unlock":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.UnlockServer}
	case "update":
		return []wire.Endpoint{compute.ShowVersion, compute.ShowServer, compute.ListServers, compute.UpdateServer}
	case "version-list":
		return []wire.Endpoint{compute.ShowVersion, compute.ListVersions}
	}
	return nil
}
