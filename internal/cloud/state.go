package cloud

import (
	"slices"
	"strings"
)

// VMState is a server's stable state; the words are Nova's wire values
// (spec/nova-state-machine.md section 1).
type VMState string

// The stable states.
const (
	Active           VMState = "active"
	Building         VMState = "building"
	Paused           VMState = "paused"
	Suspended        VMState = "suspended"
	Stopped          VMState = "stopped"
	Rescued          VMState = "rescued"
	Resized          VMState = "resized"
	SoftDeleted      VMState = "soft-delete"
	Deleted          VMState = "deleted"
	Failed           VMState = "error"
	Shelved          VMState = "shelved"
	ShelvedOffloaded VMState = "shelved_offloaded"
)

// TaskState is what is being done to a server; empty means nothing is.
type TaskState string

// The task states.
const (
	Idle                  TaskState = ""
	Scheduling            TaskState = "scheduling"
	Networking            TaskState = "networking"
	BlockDeviceMapping    TaskState = "block_device_mapping"
	Spawning              TaskState = "spawning"
	ImageSnapshot         TaskState = "image_snapshot"
	ImageSnapshotPending  TaskState = "image_snapshot_pending"
	ImagePendingUpload    TaskState = "image_pending_upload"
	ImageUploading        TaskState = "image_uploading"
	ImageBackup           TaskState = "image_backup"
	UpdatingPassword      TaskState = "updating_password"
	ResizePrep            TaskState = "resize_prep"
	ResizeMigrating       TaskState = "resize_migrating"
	ResizeMigrated        TaskState = "resize_migrated"
	ResizeFinish          TaskState = "resize_finish"
	ResizeReverting       TaskState = "resize_reverting"
	ResizeConfirming      TaskState = "resize_confirming"
	Rebooting             TaskState = "rebooting"
	RebootPending         TaskState = "reboot_pending"
	RebootStarted         TaskState = "reboot_started"
	RebootingHard         TaskState = "rebooting_hard"
	RebootPendingHard     TaskState = "reboot_pending_hard"
	RebootStartedHard     TaskState = "reboot_started_hard"
	Pausing               TaskState = "pausing"
	Unpausing             TaskState = "unpausing"
	Suspending            TaskState = "suspending"
	Resuming              TaskState = "resuming"
	PoweringOff           TaskState = "powering-off"
	PoweringOn            TaskState = "powering-on"
	Rescuing              TaskState = "rescuing"
	Unrescuing            TaskState = "unrescuing"
	Rebuilding            TaskState = "rebuilding"
	RebuildBlockDevices   TaskState = "rebuild_block_device_mapping"
	RebuildSpawning       TaskState = "rebuild_spawning"
	Migrating             TaskState = "migrating"
	Deleting              TaskState = "deleting"
	SoftDeleting          TaskState = "soft-deleting"
	Restoring             TaskState = "restoring"
	Shelving              TaskState = "shelving"
	ShelvingPendingUpload TaskState = "shelving_image_pending_upload"
	ShelvingUploading     TaskState = "shelving_image_uploading"
	ShelvingOffloading    TaskState = "shelving_offloading"
	Unshelving            TaskState = "unshelving"
)

// State is what the state machine works on.
type State struct {
	VM   VMState
	Task TaskState
}

func (s State) String() string {
	if s.Task == Idle {
		return string(s.VM)
	}
	return string(s.VM) + "/" + string(s.Task)
}

// statusRow is one row of the table that derives the status a client sees.
type statusRow struct {
	vm     VMState
	tasks  []TaskState // nil: the default for this vm_state
	status string
}

var (
	resizing   = []TaskState{ResizePrep, ResizeMigrating, ResizeMigrated, ResizeFinish}
	rebuilding = []TaskState{Rebuilding, RebuildBlockDevices, RebuildSpawning}
)

// statuses is spec/nova-state-machine.md section 2; of two rows that fit, the
// first counts.
var statuses = []statusRow{
	{Active, []TaskState{Rebooting, RebootPending, RebootStarted}, "REBOOT"},
	{Active, []TaskState{RebootingHard, RebootPendingHard, RebootStartedHard}, "HARD_REBOOT"},
	{Active, []TaskState{UpdatingPassword}, "PASSWORD"},
	{Active, rebuilding, "REBUILD"},
	{Active, []TaskState{Migrating}, "MIGRATING"},
	{Active, resizing, "RESIZE"},
	{Active, nil, "ACTIVE"},
	{Building, nil, "BUILD"},
	{Stopped, resizing, "RESIZE"},
	{Stopped, rebuilding, "REBUILD"},
	{Stopped, nil, "SHUTOFF"},
	{Resized, []TaskState{ResizeReverting}, "REVERT_RESIZE"},
	{Resized, nil, "VERIFY_RESIZE"},
	{Paused, []TaskState{Migrating}, "MIGRATING"},
	{Paused, nil, "PAUSED"},
	{Suspended, nil, "SUSPENDED"},
	{Rescued, nil, "RESCUE"},
	{Failed, rebuilding, "REBUILD"},
	{Failed, nil, "ERROR"},
	{Deleted, nil, "DELETED"},
	{SoftDeleted, nil, "SOFT_DELETED"},
	{Shelved, nil, "SHELVED"},
	{ShelvedOffloaded, nil, "SHELVED_OFFLOADED"},
}

// Status is the word a client sees for a state.
func (s State) Status() string {
	for _, row := range statuses {
		if row.vm == s.VM && (row.tasks == nil || slices.Contains(row.tasks, s.Task)) {
			return row.status
		}
	}
	return "UNKNOWN"
}

// StatesOf turns status words (any case) back into the vm_states to look for,
// and the task_states too unless one of the words stands for all of a vm_state.
// Unknown words are reported, not dropped silently.
func StatesOf(words []string) (vms []VMState, tasks []TaskState, unknown []string) {
	anyTask := false
	for _, word := range words {
		found := false
		for _, row := range statuses {
			if !strings.EqualFold(row.status, word) {
				continue
			}
			found = true
			if !slices.Contains(vms, row.vm) {
				vms = append(vms, row.vm)
			}
			if row.tasks == nil {
				anyTask = true
			}
			tasks = append(tasks, row.tasks...)
		}
		if !found {
			unknown = append(unknown, word)
		}
	}
	if anyTask {
		tasks = nil
	}
	return vms, tasks, unknown
}
