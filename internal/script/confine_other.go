//go:build !linux

package script

import (
	"runtime/debug"
	"syscall"
)

func executable(self string) string { return self }

func attributes() *syscall.SysProcAttr { return nil }

// confine can only ask the runtime to keep to a size: there are no limits of a process as on Linux. A child that takes too long is
// killed all the same.
func confine() error {
	debug.SetMemoryLimit(4 * MaxHeap)
	return nil
}
