//go:build !linux

package main

import "syscall"

// leashed keeps a Ctrl-C for us from reaching a child, which we stop ourselves.
func leashed() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
