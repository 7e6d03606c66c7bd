package compute

import (
	"github.com/novalet/novalet/api/compute"
	"github.com/novalet/novalet/api/wire"
	"github.com/novalet/novalet/internal/base/httpd"
	"github.com/novalet/novalet/internal/base/store"
	"github.com/novalet/novalet/internal/cloud"
	"github.com/novalet/novalet/internal/cloud/fault"
)

func (s *Service) mountServers(api *httpd.API) {
	httpd.Mount(api, compute.CreateServer, s.createServer)
	httpd.MountOn(api, compute.ShowServer, s.loadServer, s.showServer)
	httpd.MountOn(api, compute.UpdateServer, s.loadServer, s.updateServer)
	httpd.MountOn(api, compute.DeleteServer, s.loadServer, s.deleteServer)
	httpd.MountOn(api, compute.ForceDelete, s.loadServer, s.deleteServer)
	httpd.MountOn(api, compute.StartServer, s.loadServer, act[compute.ServerID](s, cloud.ActionStart, cloud.TaskStart))
	httpd.MountOn(api, compute.StopServer, s.loadServer, act[compute.ServerID](s, cloud.ActionStop, cloud.TaskStop))
	httpd.MountOn(api, compute.RebootServer, s.loadServer, s.rebootServer)
	httpd.MountOn(api, compute.LockServer, s.loadServer, s.lockServer)
	httpd.MountOn(api, compute.UnlockServer, s.loadServer, s.unlockServer)
	httpd.MountOn(api, compute.GetConsoleOutput, s.loadServer, s.consoleOutput)
	httpd.MountOn(api, compute.ListAddresses, s.loadServer, s.listAddresses)
	httpd.MountOn(api, compute.ShowAddresses, s.loadServer, s.showAddresses)
	s.mountMetadata(api)
}

// loadServer finds the server that a path names. One of another project is not
// there, except for administrators.
func (s *Service) loadServer(ctx httpd.Ctx, path func(string) string) (*cloud.Server, error) {
	id := path("server_id")
	server, err := s.DB.Server(ctx, id)
	if err == nil && server.ProjectID != ctx.Caller.ProjectID && !ctx.Caller.Has("admin") {
		err = fault.New(fault.NotFound, "Instance %s could not be found.", id)
	}
	return &server, err
}

func (s *Service) showServer(ctx httpd.Ctx, server *cloud.Server, _ compute.ServerID) (out compute.ServerShown, err error) {
	viewer, err := s.newViewer(ctx, []cloud.Server{*server})
	if err != nil {
		return out, err
	}
	out.Server = viewer.server(server)
	out.Server.Groups = wire.Some([]string{})
	return out, nil
}

// updateServer changes what an owner may change. What became of it meanwhile by
// others is kept: the row is read again when it changed in between.
func (s *Service) updateServer(ctx httpd.Ctx, server *cloud.Server, in compute.ServerUpdate) (out compute.ServerShown, err error) {
	want := in.Server
	change := store.ServerChange{
		Name: want.Name.Ptr(), DiskConfig: want.DiskConfig.Ptr(), AccessIPv4: want.AccessIPv4.Ptr(), AccessIPv6: want.AccessIPv6.Ptr(),
		Hostname: want.Hostname.Ptr(),
	}
	if want.HostnameFQDN.Set {
		change.Hostname = want.HostnameFQDN.Ptr()
	}
	if want.Description.Set {
		note := want.Description.Ptr()
		change.Description = &note
	}
	if want.PinnedZone.Set {
		zone := want.PinnedZone.Or("")
		if zone != "" && zone != server.Zone && server.Host != "" {
			return out, fault.New(fault.Conflict, "Instance %s is in availability zone %s and cannot be pinned to %s.", server.ID, server.Zone, zone)
		}
		change.PinnedZone = &zone
	}
	if err := s.change(ctx, server, func(*cloud.Server) (store.ServerChange, error) { return change, nil }); err != nil {
		return out, err
	}
	viewer, err := s.newViewer(ctx, []cloud.Server{*server})
	if err != nil {
		return out, err
	}
	viewer.extended = ctx.At("2.75")
	out.Server = viewer.server(server)
	if ctx.At("2.71") {
		out.Server.Groups = wire.Some([]string{})
	}
	if ctx.At("2.90") {
		out.Server.Hostname = wire.Some(server.Hostname)
	}
	return out, nil
}

// change applies what f makes of the server as it is now, and leaves the
// changed server in server. It looks again when another change came between.
func (s *Service) change(ctx httpd.Ctx, server *cloud.Server, f func(*cloud.Server) (store.ServerChange, error)) error {
	id := server.ID
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		for tries := 0; ; tries++ {
			now, err := tx.Server(ctx, id)
			if err != nil {
				return err
			}
			change, err := f(&now)
			if err != nil {
				return err
			}
			err = tx.ChangeServer(ctx, &now, s.Now(), change)
			if fault.Is(err, fault.Conflict) && tries < 5 {
				continue
			} else if err != nil {
				return err
			}
			*server, err = tx.Server(ctx, id)
			return err
		}
	})
}

// deleteServer promises the removal of a server. Asking again while it is being
// removed is no error.
func (s *Service) deleteServer(ctx httpd.Ctx, server *cloud.Server, _ compute.ServerID) (out wire.None, err error) {
	if server.State.Task == cloud.Deleting {
		return out, nil
	}
	return out, s.begin(ctx, server, cloud.ActionDelete, cloud.TaskDelete)
}

// act is the handler of an action that needs no more than its name.
func act[In any](s *Service, action cloud.Action, task string) func(httpd.Ctx, *cloud.Server, In) (wire.None, error) {
	return func(ctx httpd.Ctx, server *cloud.Server, _ In) (out wire.None, err error) {
		return out, s.begin(ctx, server, action, task)
	}
}

// begin moves the server into the action, writes the action down and promises
// its task, in one transaction, and rings.
func (s *Service) begin(ctx httpd.Ctx, server *cloud.Server, action cloud.Action, task string) error {
	err := s.DB.Tx(ctx, func(tx *store.Tx) error {
		now, err := tx.Server(ctx, server.ID)
		if err != nil {
			return err
		}
		if err := tx.BeginAction(ctx, &now, action, ctx.Caller.Has("admin"), s.Now()); err != nil {
			return err
		}
		return s.record(ctx, tx, &now, action.Record, task, nil)
	})
	if err == nil {
		s.Bell.Ring(cloud.SubjectTasks)
	}
	return err
}

func (s *Service) rebootServer(ctx httpd.Ctx, server *cloud.Server, in compute.Reboot) (out wire.None, err error) {
	if in.Type[0] == 'H' || in.Type[0] == 'h' {
		return out, s.begin(ctx, server, cloud.ActionRebootHard, cloud.TaskRebootHard)
	}
	return out, s.begin(ctx, server, cloud.ActionReboot, cloud.TaskReboot)
}

func (s *Service) lockServer(ctx httpd.Ctx, server *cloud.Server, in compute.Lock) (out wire.None, err error) {
	by := "owner"
	if ctx.Caller.Has("admin") && ctx.Caller.ProjectID != server.ProjectID {
		by = "admin"
	}
	if server.Locked && by == "owner" {
		return out, nil
	}
	return out, s.setLock(ctx, server, true, by, in.Body.Or(compute.LockReason{}).Reason.Ptr(), cloud.ActionLock.Record)
}

func (s *Service) unlockServer(ctx httpd.Ctx, server *cloud.Server, _ compute.ServerID) (out wire.None, err error) {
	if server.LockedBy == "admin" {
		if err := ctx.Authorize(compute.UnlockOverride, server.PolicyTarget()); err != nil {
			return out, err
		}
	}
	return out, s.setLock(ctx, server, false, "", nil, cloud.ActionUnlock.Record)
}

func (s *Service) setLock(ctx httpd.Ctx, server *cloud.Server, locked bool, by string, reason *string, record string) error {
	err := s.change(ctx, server, func(*cloud.Server) (store.ServerChange, error) {
		return store.ServerChange{Locked: &locked, LockedBy: &by, LockedReason: &reason}, nil
	})
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *store.Tx) error { return s.record(ctx, tx, server, record, "", nil) })
}

func (s *Service) consoleOutput(ctx httpd.Ctx, server *cloud.Server, in compute.ConsoleOutputWanted) (out compute.ConsoleOutput, err error) {
	if err := cloud.ActionConsoleOutput.Check(server, true); err != nil {
		return out, err
	}
	text, err := s.Consoles.Console(ctx, server, in.Length.Or(-1))
	out.Output = printable(text)
	return out, err
}

// printable keeps of a serial log what JSON and XML readers can take: text,
// line ends and tabs.
func printable(log []byte) string {
	out := make([]rune, 0, len(log))
	for _, r := range string(log) {
		if r == '\n' || r == '\t' || r == '\r' || r >= ' ' && r != 0x7f && r != '\uFFFD' {
			out = append(out, r)
		}
	}
	return string(out)
}

func (s *Service) listAddresses(ctx httpd.Ctx, server *cloud.Server, _ compute.ServerID) (out compute.Addresses, err error) {
	out.Addresses, err = s.bareAddresses(ctx, server)
	return out, err
}

func (s *Service) showAddresses(ctx httpd.Ctx, server *cloud.Server, in compute.NetworkAddressesOf) (out compute.NetworkAddresses, err error) {
	all, err := s.bareAddresses(ctx, server)
	if err != nil {
		return out, err
	}
	addresses, ok := all[in.Network]
	if !ok {
		return out, fault.New(fault.NotFound, "Instance is not a member of specified network")
	}
	out.Addresses = map[string][]compute.BareAddress{in.Network: addresses}
	return out, nil
}

func (s *Service) bareAddresses(ctx httpd.Ctx, server *cloud.Server) (map[string][]compute.BareAddress, error) {
	all := map[string][]compute.BareAddress{}
	ports, err := s.DB.PortsOfServers(ctx, server.ID)
	for _, p := range ports {
		all[p.Network] = append(all[p.Network], compute.BareAddress{Version: 4, Addr: p.IP})
	}
	return all, err
}
