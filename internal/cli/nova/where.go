package nova

import (
	"regexp"
	"strings"
	"time"

	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/cli/out"
	"github.com/novalet/novalet/internal/cli/verb"
)

var powerStates = [...]string{"NOSTATE", "Running", "", "Paused", "Shutdown", "", "Crashed", "Suspended"}

// powerText is the word for a server's power state.
func powerText(server out.Object) string {
	for _, key := range [...]string{"power_state", "OS-EXT-STS:power_state"} {
		switch state := verb.Member(server, key).(type) {
		case int:
			if state >= 0 && state < len(powerStates) {
				return powerStates[state]
			}
		case string:
			return state
		}
	}
	return "N/A"
}

// serverSubject is what servers can be asked for: the contract's members, the words that the list shows for some of
// them, and what is handy.
func serverSubject(e *verb.Env) *verb.Subject {
	now := time.Now
	if e.Clock.Now != nil {
		now = e.Clock.Now
	}
	text := func(value func(out.Object) string) verb.Own {
		return verb.Own{Kind: verb.KindText, Value: func(server out.Object) any { return value(server) }}
	}
	addresses := func(server out.Object) any {
		all := []any{}
		for _, network := range networksOf(server) {
			for _, address := range network.addresses {
				all = append(all, address)
			}
		}
		return all
	}
	kinds := verb.KindsOf[compute.Server](e.Compute().Version)
	for _, name := range [...]string{"adminPass", "admin_pass"} {
		delete(kinds, name) // only the reply that makes a server has it
	}
	return &verb.Subject{
		What:  "servers",
		Kinds: kinds,
		Own: map[string]verb.Own{
			"power_state": text(powerText),
			"flavor":      text(flavorText),
			"image":       text(imageText),
			"networks":    {Kind: verb.KindText, Value: networksText},
			"ips":         {Kind: verb.KindList, Value: addresses},
			"age": {Kind: verb.KindDuration, Value: func(server out.Object) any {
				created, err := wire.ParseTime(verb.Text(server, "created"))
				if err != nil {
					return nil
				}
				return now().Sub(created)
			}},
		},
	}
}

// flavorText is the flavor's name from 2.47 on, and before that its id.
func flavorText(server out.Object) string {
	if flavor, ok := verb.Member(server, "flavor").(out.Object); ok {
		if name := verb.Text(flavor, "original_name"); name != "" {
			return name
		}
		return verb.Text(flavor, "id")
	}
	return verb.Text(server, "flavor:original_name")
}

// imageText is the image's id, empty for a server that booted from a volume.
func imageText(server out.Object) string {
	image, _ := verb.Member(server, "image").(out.Object)
	return verb.Text(image, "id")
}

// plainStatuses are those that every caller may choose by, each the status of one vm_state.
const plainStatuses = " ACTIVE BUILD ERROR PAUSED RESCUE SHUTOFF SHELVED SHELVED_OFFLOADED SUSPENDED VERIFY_RESIZE "

// plainName is one that says the same as a regular expression in every database.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// narrowed is a query with what --where asks for that the server can choose by, so that it sends fewer servers. The
// server may send more than those for which the condition holds, but must leave none of them out.
func narrowed(e *verb.Env, query compute.ServerQuery) compute.ServerQuery {
	query.Limit = wire.Opt[int]{} // counts what the condition chooses, not what it is asked of
	equal := e.Where.Equal()
	if status := equal["status"]; query.Status == nil && strings.Contains(plainStatuses, " "+status+" ") && status != "" {
		query.Status = []string{status}
	}
	if name := equal["name"]; !query.Name.Set && plainName.MatchString(name) {
		query.Name = wire.Some("^" + name + "$")
	}
	for name, to := range map[string]*wire.Opt[string]{"host": &query.Host, "vm_state": &query.VMState, "task_state": &query.TaskState} {
		if value := equal[name]; !to.Set && value != "" {
			*to = wire.Some(value)
		}
	}
	return query
}
