package script

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// executable is this program even after its file was replaced by a newer one.
func executable(string) string { return "/proc/self/exe" }

// attributes let a child end when its parent does, whatever ends that, and keep a terminal's Ctrl-C from it: scripts under way
// end in order.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// Limits of the process. The heap of scripts is bounded more tightly (see watchHeap); this is for what a single native call takes.
const (
	maxData  = 256 << 20 // bytes
	maxFiles = 16        // what the Go runtime itself needs
	maxCPU   = 120       // seconds in a lifetime; the pool replaces children long before
	nice     = 10
)

// confine gives up what a script must not have even if it broke out of the engine.
func confine() error {
	limits := map[int]uint64{unix.RLIMIT_NOFILE: maxFiles, unix.RLIMIT_CORE: 0, unix.RLIMIT_CPU: maxCPU, unix.RLIMIT_FSIZE: 0}
	if !raceDetector {
		limits[unix.RLIMIT_DATA] = maxData
	}
	for what, limit := range limits {
		if err := unix.Setrlimit(what, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return os.NewSyscallError("setrlimit", err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, nice) // the server goes first; where that is not allowed, it need not be
	return nil
}
