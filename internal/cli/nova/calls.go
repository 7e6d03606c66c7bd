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
	case "add-secgroup":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.AddSecurityGroup}
	case "agent-create":
		return []wire.Endpoint{createAgent}
	case "agent-delete":
		return []wire.Endpoint{deleteAgent}
	case "agent-list":
		return []wire.Endpoint{listAgents}
	case "agent-modify":
		return []wire.Endpoint{updateAgent}
	case "aggregate-add-host":
		return []wire.Endpoint{compute.ShowAggregate, compute.ListAggregates, compute.AddAggregateHost}
	case "aggregate-cache-images":
		return []wire.Endpoint{compute.ShowAggregate, compute.ListAggregates, image.ShowImage, image.ListImages, compute.CacheAggregateImages}
	case "aggregate-create":
		return []wire.Endpoint{compute.CreateAggregate, compute.ShowAggregate}
	case "aggregate-delete":
		return []wire.Endpoint{compute.ShowAggregate, compute.ListAggregates, compute.DeleteAggregate}
	case "aggregate-list":
		return []wire.Endpoint{compute.ListAggregates}
	case "aggregate-remove-host":
		return []wire.Endpoint{compute.ShowAggregate, compute.ListAggregates, compute.RemoveAggregateHost}
	case "aggregate-set-metadata":
		return []wire.Endpoint{compute.ShowAggregate, compute.ListAggregates, compute.SetAggregateMetadata}
	case "aggregate-show":
		return []wire.Endpoint{compute.ShowAggregate, compute.ListAggregates}
	case "aggregate-update":
		return []wire.Endpoint{compute.ShowAggregate, compute.ListAggregates, compute.UpdateAggregate}
	case "availability-zone-list":
		return []wire.Endpoint{compute.ListAvailabilityZonesDetail, compute.ListAvailabilityZones}
	case "backup":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.CreateBackup, image.ShowImage, image.ListImages}
	case "boot":
		return []wire.Endpoint{image.ShowImage, image.ListImages, compute.ShowFlavor, compute.ListFlavorsDetail, networks, compute.CreateServer, compute.ShowServer}
	case "clear-password":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ClearServerPassword}
	case "console-log":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.GetConsoleOutput}
	case "delete":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.DeleteServer}
	case "diagnostics":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ShowDiagnostics}
	case "evacuate":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.EvacuateServer}
	case "flavor-access-add":
		return []wire.Endpoint{compute.ShowFlavor, compute.ListFlavorsDetail, compute.AddFlavorAccess}
	case "flavor-access-list":
		return []wire.Endpoint{compute.ShowFlavor, compute.ListFlavorsDetail, compute.ListFlavorAccess}
	case "flavor-access-remove":
		return []wire.Endpoint{compute.ShowFlavor, compute.ListFlavorsDetail, compute.RemoveFlavorAccess}
	case "flavor-create":
		return []wire.Endpoint{compute.CreateFlavor, compute.ListExtraSpecs}
	case "flavor-delete":
		return []wire.Endpoint{compute.ShowFlavor, compute.ListFlavorsDetail, compute.DeleteFlavor}
	case "flavor-key":
		return []wire.Endpoint{compute.ShowFlavor, compute.ListFlavorsDetail, compute.CreateExtraSpecs, compute.DeleteExtraSpec}
	case "flavor-list":
		return []wire.Endpoint{compute.ListFlavorsDetail, compute.ListExtraSpecs}
	case "flavor-show":
		return []wire.Endpoint{compute.ShowFlavor, compute.ListFlavorsDetail, compute.ListExtraSpecs}
	case "flavor-update":
		return []wire.Endpoint{compute.ShowFlavor, compute.ListFlavorsDetail, compute.UpdateFlavor, compute.ListExtraSpecs}
	case "force-delete":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ForceDelete}
	case "get-mks-console":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.CreateConsole, compute.GetVNCConsole, compute.GetSPICEConsole, compute.GetRDPConsole, compute.GetSerialConsole}
	case "get-password":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ShowServerPassword}
	case "get-rdp-console":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.CreateConsole, compute.GetVNCConsole, compute.GetSPICEConsole, compute.GetRDPConsole, compute.GetSerialConsole}
	case "get-serial-console":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.CreateConsole, compute.GetVNCConsole, compute.GetSPICEConsole, compute.GetRDPConsole, compute.GetSerialConsole}
	case "get-spice-console":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.CreateConsole, compute.GetVNCConsole, compute.GetSPICEConsole, compute.GetRDPConsole, compute.GetSerialConsole}
	case "get-vnc-console":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.CreateConsole, compute.GetVNCConsole, compute.GetSPICEConsole, compute.GetRDPConsole, compute.GetSerialConsole}
	case "host-evacuate":
		return []wire.Endpoint{compute.ListHypervisors, compute.ListHypervisorServers, compute.SearchHypervisors, compute.EvacuateServer}
	case "host-evacuate-live":
		return []wire.Endpoint{compute.ListHypervisors, compute.ListHypervisorServers, compute.SearchHypervisors, compute.LiveMigrateServer}
	case "host-meta":
		return []wire.Endpoint{compute.ListHypervisors, compute.ListHypervisorServers, compute.SearchHypervisors, compute.CreateMetadata, compute.DeleteMetadataItem}
	case "host-servers-migrate":
		return []wire.Endpoint{compute.ListHypervisors, compute.ListHypervisorServers, compute.SearchHypervisors, compute.MigrateServer}
	case "hypervisor-list":
		return []wire.Endpoint{compute.ListHypervisors, compute.ListHypervisorServers, compute.SearchHypervisors}
	case "hypervisor-servers":
		return []wire.Endpoint{compute.ListHypervisors, compute.ListHypervisorServers, compute.SearchHypervisors}
	case "hypervisor-show":
		return []wire.Endpoint{compute.ShowHypervisor, compute.ListHypervisorsDetail}
	case "hypervisor-stats":
		return []wire.Endpoint{compute.ShowHypervisorStatistics}
	case "hypervisor-uptime":
		return []wire.Endpoint{compute.ShowHypervisor, compute.ListHypervisorsDetail, compute.ShowHypervisorUptime}
	case "image-create":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.CreateImage, image.ShowImage, image.ListImages}
	case "instance-action":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ShowInstanceAction}
	case "instance-action-list":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ListInstanceActions}
	case "instance-usage-audit-log":
		return []wire.Endpoint{compute.ShowUsageAudit, compute.ListUsageAudit}
	case "interface-attach":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.AttachInterface}
	case "interface-detach":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.DetachInterface}
	case "interface-list":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ListInterfaces}
	case "keypair-add":
		return []wire.Endpoint{compute.CreateKeypair}
	case "keypair-delete":
		return []wire.Endpoint{compute.DeleteKeypair}
	case "keypair-list":
		return []wire.Endpoint{compute.ListKeypairs}
	case "keypair-show":
		return []wire.Endpoint{compute.ShowKeypair}
	case "limits":
		return []wire.Endpoint{compute.ShowLimits}
	case "list":
		return []wire.Endpoint{image.ShowImage, image.ListImages, compute.ShowFlavor, compute.ListFlavorsDetail, compute.ListServers, compute.ListServersDetail}
	case "list-secgroup":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ListServerSecurityGroups}
	case "live-migration":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.LiveMigrateServer}
	case "live-migration-abort":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.AbortServerMigration}
	case "live-migration-force-complete":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ForceServerMigration}
	case "lock":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.LockServer}
	case "meta":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.CreateMetadata, compute.DeleteMetadataItem}
	case "migrate":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.MigrateServer}
	case "migration-list":
		return []wire.Endpoint{compute.ListMigrations}
	case "pause":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.PauseServer}
	case "quota-class-show":
		return []wire.Endpoint{compute.ShowQuotaClass}
	case "quota-class-update":
		return []wire.Endpoint{compute.UpdateQuotaClass}
	case "quota-defaults":
		return []wire.Endpoint{compute.ShowQuotaDefaults}
	case "quota-delete":
		return []wire.Endpoint{compute.DeleteQuotas}
	case "quota-show":
		return []wire.Endpoint{compute.ShowQuotasDetail, compute.ShowQuotas}
	case "quota-update":
		return []wire.Endpoint{compute.UpdateQuotas}
	case "reboot":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.RebootServer}
	case "rebuild":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, image.ShowImage, image.ListImages, compute.RebuildServer, compute.ShowFlavor, compute.ListFlavorsDetail}
	case "refresh-network":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.CreateExternalEvents}
	case "remove-secgroup":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.RemoveSecurityGroup}
	case "rescue":
		return []wire.Endpoint{image.ShowImage, image.ListImages, compute.ShowServer, compute.ListServers, compute.RescueServer}
	case "reset-network":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ResetNetwork}
	case "reset-state":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ResetServerState}
	case "resize":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ShowFlavor, compute.ListFlavorsDetail, compute.ResizeServer}
	case "resize-confirm":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ConfirmResize}
	case "resize-revert":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.RevertResize}
	case "restore":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.RestoreServer}
	case "resume":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ResumeServer}
	case "server-group-create":
		return []wire.Endpoint{compute.CreateServerGroup}
	case "server-group-delete":
		return []wire.Endpoint{compute.DeleteServerGroup}
	case "server-group-get":
		return []wire.Endpoint{compute.ShowServerGroup}
	case "server-group-list":
		return []wire.Endpoint{compute.ListServerGroups}
	case "server-migration-list":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ListServerMigrations}
	case "server-migration-show":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ShowServerMigration}
	case "server-tag-add":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.AddTag}
	case "server-tag-delete":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.DeleteTag}
	case "server-tag-delete-all":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.DeleteTags}
	case "server-tag-list":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ListTags}
	case "server-tag-set":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ReplaceTags}
	case "server-topology":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ShowTopology}
	case "service-delete":
		return []wire.Endpoint{compute.DeleteService}
	case "service-disable":
		return []wire.Endpoint{compute.UpdateService, compute.DisableServiceReason, compute.DisableService}
	case "service-enable":
		return []wire.Endpoint{compute.UpdateService, compute.EnableService}
	case "service-force-down":
		return []wire.Endpoint{compute.UpdateService, compute.ForceDownService}
	case "service-list":
		return []wire.Endpoint{compute.ListServices}
	case "set-password":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ChangePassword}
	case "shelve":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ShelveServer}
	case "shelve-offload":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ShelveOffload}
	case "show":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ShowFlavor, compute.ListFlavorsDetail, image.ShowImage, image.ListImages}
	case "ssh":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers}
	case "start":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.StartServer}
	case "stop":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.StopServer}
	case "suspend":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.SuspendServer}
	case "trigger-crash-dump":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.CrashDump}
	case "unlock":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.UnlockServer}
	case "unpause":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.UnpauseServer}
	case "unrescue":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.UnrescueServer}
	case "unshelve":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.UnshelveServer}
	case "update":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.UpdateServer}
	case "usage":
		return []wire.Endpoint{compute.ShowUsage}
	case "usage-list":
		return []wire.Endpoint{compute.ListUsages}
	case "version-list":
		return []wire.Endpoint{compute.ListVersions}
	case "volume-attach":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.AttachVolume}
	case "volume-attachments":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.ListVolumeAttachments}
	case "volume-detach":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.DetachVolume}
	case "volume-update":
		return []wire.Endpoint{compute.ShowServer, compute.ListServers, compute.UpdateVolumeAttachment}
	}
	return nil
}
