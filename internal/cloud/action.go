package cloud

import (
	"slices"

	"github.com/novalet/novalet/internal/cloud/fault"
)

// Action is one row of the state machine: what may be done to a server, when,
// and what it does to the state (spec/nova-state-machine.md section 4). A
// server action that exists is in Actions; there is no other way to begin one.
type Action struct {
	Name   string      // in messages and in policy
	Record string      // of the instance action; empty: none is kept
	From   []VMState   // where it is allowed; nil: everywhere
	During []TaskState // task_states it is allowed in besides idle; AnyTask: all
	Lock   bool        // refused on a locked server unless the caller is an administrator
	Host   bool        // needs a host
	Begins TaskState   // the task_state it sets, Idle: none
	Ends   VMState     // where it ends when all goes well; empty: where it was
	// Launched says that the server must have run once.
	Launched bool
}

// AnyTask, alone in Action.During, allows every task_state.
const AnyTask TaskState = "*"

var anyTask = []TaskState{AnyTask}

// The actions, by what the engine calls them.
var (
	ActionCreate = Action{Name: "create", Record: "create", From: []VMState{Building}, Begins: Scheduling, Ends: Active}
	ActionDelete = Action{Name: "delete", Record: "delete", During: anyTask, Lock: true, Begins: Deleting, Ends: Deleted}
	ActionStart  = Action{
		Name: "start", Record: "start", From: []VMState{Stopped}, Lock: true, Host: true, Launched: true,
		Begins: PoweringOn, Ends: Active,
	}
	ActionStop = Action{
		Name: "stop", Record: "stop", From: []VMState{Active, Failed}, Lock: true, Host: true, Launched: true,
		Begins: PoweringOff, Ends: Stopped,
	}
	ActionReboot = Action{
		Name: "reboot", Record: "reboot", From: []VMState{Active}, Lock: true, Host: true, Launched: true,
		Begins: Rebooting, Ends: Active,
	}
	ActionRebootHard = Action{
		Name: "reboot", Record: "reboot", From: []VMState{Active, Stopped, Paused, Suspended, Failed},
		During: []TaskState{Rebooting, RebootPending, RebootStarted, Resuming, RebootingHard, Unpausing, Pausing, Suspending},
		Lock:   true, Host: true, Launched: true, Begins: RebootingHard, Ends: Active,
	}
	ActionConsoleOutput  = Action{Name: "get_console_output", During: anyTask, Host: true}
	ActionUpdateMetadata = Action{
		Name: "update metadata", From: []VMState{Active, Paused, Suspended, Stopped}, During: anyTask, Lock: true,
	}
	ActionDeleteMetadata = Action{
		Name: "delete metadata", From: []VMState{Active, Paused, Suspended, Stopped}, During: anyTask, Lock: true,
	}
	ActionUpdateTags = Action{
		Name: "update tags", From: []VMState{Active, Paused, Suspended, Stopped}, During: anyTask,
	}
	ActionLock   = Action{Name: "lock", Record: "lock", During: anyTask}
	ActionUnlock = Action{Name: "unlock", Record: "unlock", During: anyTask}
)

// Actions lists the actions that the engine carries out, by Record name; a
// task of any other kind is not one.
func Actions() []Action {
	return []Action{ActionCreate, ActionDelete, ActionStart, ActionStop, ActionReboot, ActionRebootHard}
}

// Check says whether the action may begin on the server now; what it refuses
// is a fault.Conflict with the sentence Nova's clients know. admin callers pass
// a lock.
func (a Action) Check(s *Server, admin bool) error {
	switch {
	case a.Lock && s.Locked && !admin:
		return fault.New(fault.Conflict, "Instance %s is locked", s.ID)
	case a.Host && s.Host == "":
		return fault.New(fault.Conflict, "Instance %s is not ready", s.ID)
	case a.From != nil && !slices.Contains(a.From, s.State.VM):
		return fault.New(fault.Conflict, "Cannot '%s' instance %s while it is in vm_state %s", a.Name, s.ID, s.State.VM)
	case !a.allowsTask(s.State.Task):
		return fault.New(fault.Conflict, "Cannot '%s' instance %s while it is in task_state %s", a.Name, s.ID, s.State.Task)
	case a.Launched && s.LaunchedAt.IsZero():
		return fault.New(fault.Conflict, "Cannot '%s' instance %s while it is in launched_at None", a.Name, s.ID)
	}
	return nil
}

func (a Action) allowsTask(t TaskState) bool {
	return t == Idle || slices.Contains(a.During, AnyTask) || slices.Contains(a.During, t)
}

// Begin is the state in which the action runs on a server that is in s.
func (a Action) Begin(s State) State {
	if a.Begins != Idle {
		s.Task = a.Begins
	}
	return s
}

// moves are the steps inside running actions: which task_state may follow
// which. Going back to idle, and to deleting, is always allowed.
var moves = map[TaskState][]TaskState{
	Scheduling:         {Networking},
	Networking:         {BlockDeviceMapping, Spawning, Scheduling}, // back when a host failed: another is tried
	BlockDeviceMapping: {Spawning, Scheduling},
	Spawning:           {Scheduling},
	Rebooting:          {RebootPending},
	RebootPending:      {RebootStarted},
	RebootingHard:      {RebootPendingHard},
	RebootPendingHard:  {RebootStartedHard},
}

// ends are the vm_states that a running task may leave a server in besides the
// one it was in and error: of each action its End, and of a power change that
// nobody asked for the state that shows it.
var ends = map[TaskState][]VMState{
	Idle:               {Stopped, Active, Paused, Suspended},
	Scheduling:         {Active},
	Networking:         {Active},
	BlockDeviceMapping: {Active},
	Spawning:           {Active},
	PoweringOn:         {Active},
	PoweringOff:        {Stopped},
	Rebooting:          {Active, Stopped},
	RebootPending:      {Active, Stopped},
	RebootStarted:      {Active, Stopped},
	RebootingHard:      {Active, Stopped},
	RebootPendingHard:  {Active, Stopped},
	RebootStartedHard:  {Active, Stopped},
	Deleting:           {Deleted},
}

// Legal reports whether a server may go from one state to another: the store
// refuses every other change. Beginning an action is judged by its Check, not
// here.
func Legal(from, to State) bool {
	switch {
	case from.VM == Deleted:
		return false
	case from.Task == Deleting && to.Task != Deleting && to.VM != Deleted && to.VM != Failed:
		return false // delete wins: nothing else ends it
	case to.VM == from.VM && (to.Task == Idle || to.Task == Deleting || slices.Contains(moves[from.Task], to.Task)):
		return true
	case to.Task == Idle && (to.VM == Failed || slices.Contains(ends[from.Task], to.VM)):
		return true
	}
	return false
}
