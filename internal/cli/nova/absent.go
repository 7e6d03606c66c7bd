package nova

import (
	"slices"
	"strings"
)

// absent are the commands that novaclient has and this program lacks: they are refused by name.
func absent() []string {
	ours := commands()
	return slices.DeleteFunc(awaited(), func(name string) bool {
		return slices.ContainsFunc(ours, func(c command) bool { return c.Name == name })
	})
}

func awaited() []string {
	return strings.Fields(`
add-secgroup agent-create agent-delete agent-list agent-modify aggregate-add-host aggregate-cache-images
aggregate-create aggregate-delete aggregate-list aggregate-remove-host aggregate-set-metadata aggregate-show
aggregate-update backup clear-password diagnostics evacuate get-mks-console get-password get-rdp-console
get-serial-console get-spice-console get-vnc-console host-evacuate host-evacuate-live host-meta host-servers-migrate
image-create instance-usage-audit-log interface-attach interface-detach interface-list list-secgroup live-migration
live-migration-abort live-migration-force-complete migrate migration-list pause quota-class-show quota-class-update
rebuild refresh-network remove-secgroup rescue reset-network reset-state resize resize-confirm resize-revert restore
resume server-group-create server-group-delete server-group-get server-group-list server-migration-list
server-migration-show server-tag-add server-tag-delete server-tag-delete-all server-tag-list server-tag-set
server-topology service-delete service-disable service-enable service-force-down set-password shelve shelve-offload ssh
suspend trigger-crash-dump unpause unrescue unshelve usage usage-list volume-attach volume-attachments volume-detach
volume-update`)
}
