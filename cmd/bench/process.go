package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// startPatience bounds the wait for a child to answer.
	startPatience = 30 * time.Second
	// stopPatience bounds the wait for a child to end by itself.
	stopPatience = 20 * time.Second
	// tick is the unit of the times in /proc (USER_HZ, 100 on every Linux).
	tick = 10 * time.Millisecond
)

// process is a child of ours that answers HTTP on loopback.
type process struct {
	cmd     *exec.Cmd
	address string
	started time.Duration // from the start to the first good answer of its health page
	ended   chan error
	log     string
}

// launch starts a program and returns when GET path answers 200. Its output goes to a file.
func launch(ctx context.Context, binary string, args, env []string, address, path, log string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	cmd := exec.Command(binary, args...) //nolint:noctx // stopped in order, and by the kernel when we end
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = leashed()
	p := &process{cmd: cmd, address: address, ended: make(chan error, 1), log: log}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.ended <- cmd.Wait() }()
	if err := p.awaitReady(ctx, "http://"+address+path); err != nil {
		said, _ := os.ReadFile(log)
		return nil, errors.Join(fmt.Errorf("%s %s: %w\n%s", filepath.Base(binary), strings.Join(args, " "), err, tail(said)), p.kill())
	}
	p.started = time.Since(begun)
	return p, nil
}

func tail(b []byte) []byte { return b[max(0, len(b)-4000):] }

func (p *process) awaitReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("it ended: %w", err)
		case <-ctx.Done():
			return errors.New("it does not answer")
		case <-look.C:
		}
	}
}

// stop asks the program to end, and ends it when it does not.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return p.kill()
	}
	select {
	case err := <-p.ended:
		p.ended <- err
		return err
	case <-time.After(stopPatience):
		return errors.Join(errors.New("it did not stop"), p.kill())
	}
}

// kill ends the program at once.
func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	p.ended <- <-p.ended // killed: no news
	return nil
}

// peak returns the largest resident size so far, in bytes.
func (p *process) peak() int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// cpu returns the processor time that a process and its ended children took so far.
func cpu(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name, in parentheses, may hold anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int64
	for _, f := range fields[11:15] { // utime stime cutime cstime
		n, _ := strconv.ParseInt(f, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// cpuTree is cpu for a process and its living children.
func cpuTree(pid int) time.Duration {
	total := cpu(pid)
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range tasks {
		children, _ := os.ReadFile(file)
		for _, child := range strings.Fields(string(children)) {
			n, _ := strconv.Atoi(child)
			total += cpu(n)
		}
	}
	return total
}

// machineBusy returns the processor time that the whole machine was busy since its start.
func machineBusy() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	var ticks int64
	for i, f := range strings.Fields(line)[1:] {
		n, _ := strconv.ParseInt(f, 10, 64)
		if i != 3 && i != 4 && i < 8 { // idle, iowait, and guest, which is within user
			ticks += n
		}
	}
	return time.Duration(ticks) * tick
}

// freeAddress finds a port of loopback that nobody uses at the moment.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
