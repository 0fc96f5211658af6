package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// Process is a process that was started in a namespace.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	err  error         // of Wait; set before done is closed
}

// Start starts a command inside the namespace. It is killed when the namespace
// is closed or the calling process ends, however that comes about. The caller
// must not call cmd.Start or cmd.Wait.
func (n *Namespace) Start(cmd *exec.Cmd) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL

	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, fmt.Errorf("starting %s: network namespace %s is closed", cmd.Path, n.name)
	}
	started := make(chan error)
	n.jobs <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting a process in network namespace %s: %w", n.name, err)
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	n.processes = append(n.processes, p)
	return p, nil
}

// Prepare runs f on the thread that starts the programs, inside the namespace, and
// waits for it: what it changes of that thread, as its mount namespace, programs
// that are started later inherit.
func (n *Namespace) Prepare(f func() error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return fmt.Errorf("network namespace %s is closed", n.name)
	}
	done := make(chan error, 1)
	n.jobs <- func() { done <- f() }
	return <-done
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Wait waits until the process has ended, and says how as exec.Cmd.Wait does.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Kill ends the process by SIGKILL and waits until it is gone. The kernel
// closes its connections then: the peers get a FIN, or a RST where data had not
// been read. It is no error if the process has ended already.
func (p *Process) Kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing process %d: %w", p.PID(), err)
	}
	<-p.done
	return nil
}
