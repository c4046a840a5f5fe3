package main

import "syscall"

// leashed makes the kernel end a child with us, however we end, and keeps a Ctrl-C for us from reaching it.
func leashed() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
