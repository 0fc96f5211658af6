package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"

	"github.com/katop/katop/lab"
)

// The terminal that the monitor gets.
const (
	terminalWidth  = 200
	terminalHeight = 60
)

// monitor is katop in a pseudo-terminal that nobody looks at.
type monitor struct {
	control *os.File
	process *lab.Process
	began   time.Time
	frames  chan frame // the oldest; what nobody takes is dropped
	text    []byte     // of the frame that is being written
}

// frame is what one drawing of the screen wrote.
type frame struct {
	at    time.Time // when its last byte came
	lines []string  // by row; empty where nothing was written
}

// patience is how long the screen may take for anything.
const patience = 30 * time.Second

func startMonitor(l *load, k *katop) (*monitor, error) {
	control, program, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("opening a pseudo-terminal: %w", err)
	}
	defer program.Close()
	if err := pty.Setsize(control, &pty.Winsize{Cols: terminalWidth, Rows: terminalHeight}); err != nil {
		return nil, errors.Join(err, control.Close())
	}
	cmd := k.command()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	m := &monitor{control: control, began: time.Now(), frames: make(chan frame, 64)}
	if m.process, err = l.namespace.Start(cmd); err != nil {
		return nil, errors.Join(err, control.Close())
	}
	go m.read()
	return m, nil
}

func (m *monitor) close() error { return errors.Join(m.process.Kill(), m.control.Close()) }

// read takes what the monitor writes, until it or its terminal is gone.
func (m *monitor) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := m.control.Read(buf)
		if err != nil {
			return
		}
		at := time.Now()
		m.text = append(m.text, buf[:n]...)
		m.answer()
		m.cut(at)
	}
}

// answer says what a terminal says when it is asked for its background and for
// the place of the cursor: the monitor waits for it.
func (m *monitor) answer() {
	if before, after, asked := bytes.Cut(m.text, []byte("\x1b[6n")); asked {
		_, _ = m.control.WriteString("\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[1;1R")
		m.text = slices.Concat(before, after)
	}
}

// cut takes whole frames off the text. Each ends with the cursor in the last
// row.
func (m *monitor) cut(at time.Time) {
	end := fmt.Appendf(nil, "\x1b[%d;H", terminalHeight)
	for {
		whole, rest, found := bytes.Cut(m.text, end)
		if !found {
			return
		}
		select {
		case m.frames <- frame{at: at, lines: strings.Split(string(whole), "\n")}:
		default:
		}
		m.text = append([]byte(nil), rest...)
	}
}

// await waits for a frame that is as it should be.
func (m *monitor) await(ctx context.Context, what string, holds func(frame) bool) (frame, error) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case f := <-m.frames:
			if holds(f) {
				return f, nil
			}
		case <-timeout.C:
			return frame{}, fmt.Errorf("the monitor has not shown %s within %v", what, patience)
		case <-ctx.Done():
			return frame{}, ctx.Err()
		}
	}
}

// firstFrame waits for the first one that has connections.
func (m *monitor) firstFrame(ctx context.Context) (time.Duration, error) {
	f, err := m.await(ctx, "a connection", func(f frame) bool {
		return strings.Contains(strings.Join(f.lines, "\n"), holderName+"/")
	})
	return f.at.Sub(m.began), err
}

// usage is what the monitor has used so far.
type usage struct {
	cpu  time.Duration // user and system
	peak uint64        // VmHWM, in bytes
}

func (m *monitor) usage() (u usage, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.process.PID()))
	if err != nil {
		return u, err
	}
	// Behind the name, which may hold anything, utime and stime are the twelfth
	// and thirteenth field, in hundredths of a second (proc_pid_stat(5)).
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	for _, field := range fields[11:13] {
		ticks, err := strconv.Atoi(field)
		if err != nil {
			return u, err
		}
		u.cpu += time.Duration(ticks) * 10 * time.Millisecond
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.process.PID()))
	if err != nil {
		return u, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	u.peak, err = strconv.ParseUint(kilobytes, 10, 64)
	u.peak <<= 10
	return u, err
}

// burden is the share of a core that a monitor takes, and its memory.
type burden struct {
	sockets int
	percent float64 // of one core
	peak    uint64  // bytes
}

// watch begins when the monitor has been running for a quarter of the time.
func watch(ctx context.Context, l *load, k *katop, span time.Duration) (b burden, err error) {
	m, err := startMonitor(l, k)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if _, err := m.firstFrame(ctx); err != nil {
		return b, err
	}
	if err := pause(ctx, span/4); err != nil {
		return b, err
	}
	before, err := m.usage()
	if err != nil {
		return b, err
	}
	began := time.Now()
	if err := pause(ctx, span); err != nil {
		return b, err
	}
	after, err := m.usage()
	share := float64(after.cpu-before.cpu) / float64(time.Since(began))
	return burden{sockets: l.sockets(), percent: 100 * share, peak: after.peak}, err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// firstFrames is from the start of the program to its first connections.
func firstFrames(l *load, k *katop) contestant {
	return contestant{nameFrame, "katop", func(ctx context.Context) (s sample, err error) {
		m, err := startMonitor(l, k)
		if err != nil {
			return s, err
		}
		defer func() { err = errors.Join(err, m.close()) }()
		s.wall, err = m.firstFrame(ctx)
		return s, err
	}}
}
