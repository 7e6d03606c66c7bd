package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

// serverColumns, serverValues and scanServer go together: the same columns in
// the same order.
const serverColumns = `id, number, name, hostname, description, project_id, user_id, vm_state, task_state, power_state,
	progress, host, node, zone, pinned_zone, flavor_id, flavor, image_id, image_props, kernel_id, ramdisk_id, boot, key_name,
	public_key, metadata, tags, user_data, files, config_drive, access_ip_v4, access_ip_v6, disk_config, launch_index,
	reservation_id, root_device, security_groups, hints, trusted_certs, locked, locked_by, locked_reason, fault,
	revision, created_at, updated_at, launched_at, terminated_at, deleted_at`

func serverValues(s *cloud.Server) []any {
	return []any{
		s.ID, s.Number, s.Name, s.Hostname, s.Description, s.ProjectID, s.UserID, s.State.VM, s.State.Task, s.Power,
		s.Progress, s.Host, s.Node, s.Zone, s.PinnedZone, s.Flavor.ID, asJSON(&s.Flavor), s.ImageID, asJSON(&s.ImageProps),
		s.KernelID, s.RamdiskID, asJSON(&s.Boot), s.KeyName, s.PublicKey, asJSON(&s.Metadata), joinTags(s.Tags), s.UserData, asJSON(&s.Files),
		s.ConfigDrive, s.AccessIPv4, s.AccessIPv6, s.DiskConfig, s.LaunchIndex, s.ReservationID, s.RootDevice,
		asJSON(&s.Groups), asJSON(&s.Hints), asJSON(&s.TrustedCerts), s.Locked, s.LockedBy, s.LockedReason,
		asJSON(&s.Fault), s.Revision, micros(s.CreatedAt), micros(s.UpdatedAt), micros(s.LaunchedAt),
		micros(s.TerminatedAt), micros(s.DeletedAt),
	}
}

func scanServer(rw row) (s cloud.Server, err error) {
	err = scanServerInto(rw, &s, asJSON(&s.Flavor))
	return s, err
}

// scanServerInto scans a server; where its flavor goes is the caller's choice.
func scanServerInto(rw row, s *cloud.Server, flavor sql.Scanner) error {
	var flavorID, tags string
	err := rw.Scan(&s.ID, &s.Number, &s.Name, &s.Hostname, &s.Description, &s.ProjectID, &s.UserID, &s.State.VM,
		&s.State.Task, &s.Power, &s.Progress, &s.Host, &s.Node, &s.Zone, &s.PinnedZone, &flavorID, flavor,
		&s.ImageID, asJSON(&s.ImageProps), &s.KernelID, &s.RamdiskID, asJSON(&s.Boot), &s.KeyName, &s.PublicKey, asJSON(&s.Metadata), &tags,
		&s.UserData, asJSON(&s.Files), &s.ConfigDrive, &s.AccessIPv4, &s.AccessIPv6, &s.DiskConfig, &s.LaunchIndex,
		&s.ReservationID, &s.RootDevice, asJSON(&s.Groups), asJSON(&s.Hints), asJSON(&s.TrustedCerts), &s.Locked,
		&s.LockedBy, &s.LockedReason, asJSON(&s.Fault), &s.Revision, intoTime(&s.CreatedAt), intoTime(&s.UpdatedAt),
		intoTime(&s.LaunchedAt), intoTime(&s.TerminatedAt), intoTime(&s.DeletedAt))
	s.Tags = splitTags(tags)
	return err
}

// joinTags stores tags as ,a,b, so that a look for one tag is a look for ,a,;
// the API keeps commas out of them.
func joinTags(tags []string) string {
	if len(tags) == 0 {
		return ""
	}
	return "," + strings.Join(tags, ",") + ","
}

func splitTags(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.Trim(text, ","), ",")
}

const serverMissing = "Instance %s could not be found."

// Server returns a server that is not deleted, of any project.
func (r Reader) Server(ctx context.Context, id string) (cloud.Server, error) {
	s, err := queryOne(ctx, r, scanServer, `SELECT `+serverColumns+` FROM servers WHERE id = ? AND deleted_at IS NULL`, id)
	return s, orMissing(err, serverMissing, id)
}

// ServerEver returns a server, deleted or not.
func (r Reader) ServerEver(ctx context.Context, id string) (cloud.Server, error) {
	s, err := queryOne(ctx, r, scanServer, `SELECT `+serverColumns+` FROM servers WHERE id = ?`, id)
	return s, orMissing(err, serverMissing, id)
}

// CreateServer adds a server; its number must come from InstanceNumbers.
func (tx *Tx) CreateServer(ctx context.Context, s *cloud.Server) error {
	_, err := tx.exec(ctx, `INSERT INTO servers (`+serverColumns+`) VALUES (`+marks(48)+`)`, serverValues(s)...)
	return err
}

// ServerChange is what changes in a server beside its state; nil leaves a
// thing as it is.
type ServerChange struct {
	Power        *cloud.PowerState
	Progress     *int
	Host, Node   *string
	Zone         *string
	Fault        *cloud.ServerFault // a pointer to the zero fault takes it away
	LaunchedAt   *time.Time
	TerminatedAt *time.Time
	DeletedAt    *time.Time
	Name         *string
	Hostname     *string
	Description  **string
	Metadata     map[string]string // non-nil replaces
	Tags         []string          // non-nil replaces
	AccessIPv4   *string
	AccessIPv6   *string
	DiskConfig   *string
	PinnedZone   *string
	Locked       *bool
	LockedBy     *string
	LockedReason **string
}

// set lists the columns that change and their values.
func (c *ServerChange) set() (columns []string, values []any) {
	add := func(column string, value any) { columns, values = append(columns, column), append(values, value) }
	if c.Power != nil {
		add("power_state", *c.Power)
	}
	if c.Progress != nil {
		add("progress", *c.Progress)
	}
	if c.Fault != nil {
		if *c.Fault == (cloud.ServerFault{}) {
			add("fault", "null")
		} else {
			add("fault", asJSON(c.Fault))
		}
	}
	for column, t := range map[string]*time.Time{"launched_at": c.LaunchedAt, "terminated_at": c.TerminatedAt, "deleted_at": c.DeletedAt} {
		if t != nil {
			add(column, micros(*t))
		}
	}
	for _, text := range []struct {
		column string
		value  *string
	}{
		{"host", c.Host},
		{"node", c.Node},
		{"zone", c.Zone},
		{"name", c.Name},
		{"hostname", c.Hostname},
		{"access_ip_v4", c.AccessIPv4},
		{"access_ip_v6", c.AccessIPv6},
		{"disk_config", c.DiskConfig},
		{"pinned_zone", c.PinnedZone},
		{"locked_by", c.LockedBy},
	} {
		if text.value != nil {
			add(text.column, *text.value)
		}
	}
	if c.Description != nil {
		add("description", *c.Description)
	}
	if c.Metadata != nil {
		add("metadata", asJSON(&c.Metadata))
	}
	if c.Tags != nil {
		add("tags", joinTags(c.Tags))
	}
	if c.Locked != nil {
		add("locked", *c.Locked)
	}
	if c.LockedReason != nil {
		add("locked_reason", *c.LockedReason)
	}
	return columns, values
}

// MoveServer takes a server from one state to another and changes what goes
// with it. A server that is not in from any more is a fault.Conflict, and so is
// a move that cloud.Legal does not know.
func (tx *Tx) MoveServer(ctx context.Context, id string, from, to cloud.State, now time.Time, change ServerChange) error {
	if from != to && !cloud.Legal(from, to) {
		return fault.New(fault.Conflict, "Instance %s cannot go from %s to %s", id, from, to)
	}
	return tx.moveServer(ctx, id, from, to, now, change)
}

// BeginAction moves a server into an action. It is a fault.Conflict when the
// action may not begin on the server as it is in the database now.
func (tx *Tx) BeginAction(ctx context.Context, s *cloud.Server, action cloud.Action, admin bool, now time.Time) error {
	if err := action.Check(s, admin); err != nil {
		return err
	}
	to := action.Begin(s.State)
	if err := tx.moveServer(ctx, s.ID, s.State, to, now, ServerChange{}); err != nil {
		return err
	}
	s.State = to
	return nil
}

func (tx *Tx) moveServer(ctx context.Context, id string, from, to cloud.State, now time.Time, change ServerChange) error {
	columns, values := change.set()
	set := "vm_state = ?, task_state = ?, updated_at = ?, revision = revision + 1"
	args := []any{to.VM, to.Task, micros(now)}
	for i, column := range columns {
		set += ", " + column + " = ?"
		args = append(args, values[i])
	}
	args = append(args, id, from.VM, from.Task)
	err := tx.casExec(ctx, `UPDATE servers SET `+set+` WHERE id = ? AND vm_state = ? AND task_state = ? AND deleted_at IS NULL`, args...)
	if fault.Is(err, fault.Conflict) {
		return fault.New(fault.Conflict, "Instance %s is in an invalid state: it is not %s any more", id, from)
	}
	return err
}

// ChangeServer changes what is not state. A row that changed since s was read
// is a fault.Conflict.
func (tx *Tx) ChangeServer(ctx context.Context, s *cloud.Server, now time.Time, change ServerChange) error {
	columns, values := change.set()
	set := "updated_at = ?, revision = revision + 1"
	args := []any{micros(now)}
	for i, column := range columns {
		set += ", " + column + " = ?"
		args = append(args, values[i])
	}
	args = append(args, s.ID, s.Revision)
	return tx.casExec(ctx, `UPDATE servers SET `+set+` WHERE id = ? AND revision = ? AND deleted_at IS NULL`, args...)
}

// ReportPower notes the power state that the host sees, without touching the
// state or the time of the last change.
func (tx *Tx) ReportPower(ctx context.Context, id string, power cloud.PowerState) error {
	_, err := tx.exec(ctx, `UPDATE servers SET power_state = ? WHERE id = ? AND deleted_at IS NULL`, power, id)
	return err
}

// ServersOnHost lists the servers of a host that are not deleted.
func (r Reader) ServersOnHost(ctx context.Context, host string) ([]cloud.Server, error) {
	return queryAll(ctx, r, scanServer, `SELECT `+serverColumns+` FROM servers WHERE host = ? AND deleted_at IS NULL`, host)
}

// AddUsage changes what a project has, within limits: a sum that would pass one
// is a fault.OverQuota and changes nothing. A limit below zero is none, and a
// negative change is never refused.
func (tx *Tx) AddUsage(ctx context.Context, projectID string, change, limits Usage) error {
	if _, err := tx.exec(ctx, `INSERT INTO usages (project_id, instances, cores, ram_mib) VALUES (?, 0, 0, 0)
		ON CONFLICT (project_id) DO NOTHING`, projectID); err != nil {
		return err
	}
	have, err := queryOne(ctx, tx.Reader, scanUsage, `SELECT instances, cores, ram_mib FROM usages WHERE project_id = ?`+tx.forUpdate(), projectID)
	if err != nil {
		return err
	}
	if err := have.check(change, limits); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE usages SET instances = instances + ?, cores = cores + ?, ram_mib = ram_mib + ? WHERE project_id = ?`,
		change.Instances, change.Cores, change.RAMMiB, projectID)
	return err
}

// Usage is what a project has, or may have, of what quotas count.
type Usage struct{ Instances, Cores, RAMMiB int }

// Usage returns what the project has.
func (r Reader) Usage(ctx context.Context, projectID string) (Usage, error) {
	u, err := queryOne(ctx, r, scanUsage, `SELECT instances, cores, ram_mib FROM usages WHERE project_id = ?`, projectID)
	if fault.Is(err, fault.NotFound) {
		return Usage{}, nil
	}
	return u, err
}

func scanUsage(rw row) (u Usage, err error) {
	err = rw.Scan(&u.Instances, &u.Cores, &u.RAMMiB)
	return u, err
}

// UsageOf is what a server counts for.
func UsageOf(s *cloud.Server) Usage {
	return Usage{Instances: 1, Cores: s.Flavor.VCPUs, RAMMiB: s.Flavor.RAMMiB}
}

// Times returns u n times; a negative n gives it back.
func (u Usage) Times(n int) Usage { return Usage{u.Instances * n, u.Cores * n, u.RAMMiB * n} }

// Room is how many more of one fit into most; a large number without limits.
func (u Usage) Room(one, most Usage) int {
	room := 1 << 30
	for _, c := range [][3]int{{u.Instances, one.Instances, most.Instances}, {u.Cores, one.Cores, most.Cores}, {u.RAMMiB, one.RAMMiB, most.RAMMiB}} {
		if have, each, limit := c[0], c[1], c[2]; limit >= 0 && each > 0 {
			room = min(room, (limit-have)/each)
		}
	}
	return room
}
