package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Server is a server as the cloud keeps it; the API shows parts of it by
// version and role, an agent gets the Guest made from it.
type Server struct {
	ID            string // UUID
	Number        int64  // counts servers of this cloud; makes the instance name
	Name          string
	Hostname      string
	Description   *string
	ProjectID     string
	UserID        string
	State         State
	Power         PowerState
	Progress      int
	Host          string // compute host; empty until scheduled
	Node          string // hypervisor name on that host
	Zone          string // availability zone of the host, or the one asked for
	PinnedZone    string // zone asked for at create; empty: any
	Flavor        Flavor // as it was at create: later changes do not touch it
	ImageID       string // empty: booted from a volume
	ImageProps    map[string]string
	KernelID      string
	RamdiskID     string
	Boot          Boot   // what it boots from, as the image was at create
	KeyName       string // empty: none
	PublicKey     string
	Metadata      map[string]string
	Tags          []string
	UserData      string // base64
	Files         []GuestFile
	ConfigDrive   bool
	AccessIPv4    string
	AccessIPv6    string
	DiskConfig    string // AUTO or MANUAL
	LaunchIndex   int
	ReservationID string
	RootDevice    string // /dev/vda
	Groups        []string
	Hints         map[string]any
	TrustedCerts  []string
	Locked        bool
	LockedBy      string // owner or admin
	LockedReason  *string
	Fault         *ServerFault
	Revision      int64 // grows with every change of the row; compare-and-swap goes by it where State does not say enough
	CreatedAt     time.Time
	UpdatedAt     time.Time
	LaunchedAt    time.Time // zero: never ran
	TerminatedAt  time.Time
	DeletedAt     time.Time // zero: not deleted
}

// Boot is what a server boots from.
type Boot struct {
	Image      GuestImage  `json:"image"`
	Kernel     *GuestImage `json:"kernel,omitempty"` // direct kernel boot when present
	Ramdisk    *GuestImage `json:"ramdisk,omitempty"`
	KernelArgs string      `json:"kernel_args,omitempty"`
}

// ServerFault is why a server is in error.
type ServerFault struct {
	Code    int       `json:"code"`    // HTTP-like: 500 is the cloud's, 4xx the user's
	Message string    `json:"message"` // for the owner
	Details string    `json:"details"` // for administrators
	Created time.Time `json:"created"`
}

// PolicyTarget is what policy rules on servers are judged on.
func (s *Server) PolicyTarget() Target {
	return Target{"project_id": s.ProjectID, "user_id": s.UserID}
}

// InstanceName is the hypervisor's name of the guest: instance-0000002a.
func (s *Server) InstanceName() string { return fmt.Sprintf("instance-%08x", s.Number) }

// HostID is what owners see instead of the host: equal for the same project
// and host, different for other projects. Empty without a host.
func (s *Server) HostID() string { return HostID(s.ProjectID, s.Host) }

// HostID is the SHA-224 of project id and host name, in hex; empty without a
// host.
func HostID(projectID, host string) string {
	if host == "" {
		return ""
	}
	sum := sha256.Sum224([]byte(projectID + host))
	return hex.EncodeToString(sum[:])
}

// Status is the word a client sees.
func (s *Server) Status() string {
	if !s.DeletedAt.IsZero() {
		return "DELETED"
	}
	return s.State.Status()
}

// InstanceAction is the record of one thing done to a server.
type InstanceAction struct {
	ServerID  string
	RequestID string // of the API call that began it
	Action    string // Action.Record
	UserID    string
	ProjectID string
	StartTime time.Time
	UpdatedAt time.Time
	Message   *string // "Error" after a failed event
	Events    []ActionEvent
}

// ActionEvent is one step of an InstanceAction.
type ActionEvent struct {
	Event      string // compute__do_build_and_run_instance, conductor_..., ...
	StartTime  time.Time
	FinishTime time.Time // zero: still running
	Result     *string   // Success or Error
	Host       string
	Details    *string // the fault's message
	Traceback  *string // for administrators
}

// Keypair is a user's key pair; the private key is never kept.
type Keypair struct {
	ID          int64
	UserID      string
	Name        string
	Type        string // ssh or x509
	PublicKey   string
	Fingerprint string
	CreatedAt   time.Time
}

// PolicyTarget is what policy rules on key pairs are judged on.
func (k *Keypair) PolicyTarget() Target { return Target{"user_id": k.UserID} }
