package ui

import (
	"bytes"
	"cmp"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// backgroundPatience is how long the first frame waits to learn whether the
// terminal's background is dark. Over a slow line the answer comes too late, and
// from some terminals never: then it is taken for dark.
const backgroundPatience = 150 * time.Millisecond

// backgroundQuestion asks for the background (xterm's OSC 11) and then for the
// place of the cursor (DSR 6), which every terminal answers: where that answer
// comes alone, there is no other.
const backgroundQuestion = "\x1b]11;?\x1b\\\x1b[6n"

var (
	backgroundAnswer = regexp.MustCompile(`\x1b\]11;(?:rgba?:([0-9a-fA-F]+)/([0-9a-fA-F]+)/([0-9a-fA-F]+)[^\x07\x1b]*|[^\x07\x1b]*)(?:\x07|\x1b\\)`)
	cursorAnswer     = regexp.MustCompile(`\x1b\[[0-9]+;[0-9]+R`)
	// unfinished is an answer of which the rest is on its way. A lone Esc is a key.
	unfinished = regexp.MustCompile(`\x1b(?:\][^\x07\x1b]*\x1b?|\[[0-9]+(?:;[0-9]*)?)$`)
)

// keyboard is the terminal as it is read from: what answers the question for the
// background is taken out, whenever it comes, and everything else is keys. It is
// a file for Bubble Tea, which waits for its descriptor.
type keyboard struct {
	*os.File
	asked bool // the place of the cursor is still to be answered, which comes last
	rest  []byte
	dark  chan bool // one value, if the terminal says it; closed when it will not say more
}

// newKeyboard is the keyboard of a terminal; nil where there is none, or one that
// several terminals may stand behind, which nobody can ask.
func newKeyboard(f *os.File, getenv func(string) string) *keyboard {
	name := getenv("TERM")
	if f == nil || strings.HasPrefix(name, "screen") || strings.HasPrefix(name, "tmux") || name == "dumb" {
		return nil
	}
	return &keyboard{File: f, asked: true, dark: make(chan bool, 1)}
}

// Read may return nothing, where all that came was an answer.
func (k *keyboard) Read(p []byte) (int, error) {
	if !k.asked && len(k.rest) == 0 {
		return k.File.Read(p)
	}
	if len(k.rest) < len(p) {
		n, err := k.File.Read(p[:len(p)-len(k.rest)])
		k.rest = append(k.rest, p[:n]...)
		if err != nil {
			return k.hand(p, len(k.rest)), err
		}
	}
	k.take()
	return k.hand(p, len(k.rest)-len(k.waiting())), nil
}

// take takes the answers out of what was read.
func (k *keyboard) take() {
	if at := backgroundAnswer.FindSubmatchIndex(k.rest); at != nil && len(k.dark) == 0 {
		if at[2] >= 0 {
			k.dark <- isDark(string(k.rest[at[2]:at[3]]), string(k.rest[at[4]:at[5]]), string(k.rest[at[6]:at[7]]))
		}
		k.rest = append(k.rest[:at[0]:at[0]], k.rest[at[1]:]...)
	}
	if at := cursorAnswer.FindIndex(k.rest); at != nil {
		k.rest = append(k.rest[:at[0]:at[0]], k.rest[at[1]:]...)
		k.asked = false
		close(k.dark)
	}
}

// waiting is the part of what was read that may become an answer.
func (k *keyboard) waiting() []byte {
	if !k.asked {
		return nil
	}
	return unfinished.Find(k.rest)
}

// hand moves the first n bytes, as far as they fit, to p.
func (k *keyboard) hand(p []byte, n int) int {
	n = copy(p, k.rest[:n])
	k.rest = bytes.Clone(k.rest[n:])
	return n
}

// isDark tells whether a colour, in hexadecimal parts of any length, is nearer to
// black than to white.
func isDark(parts ...string) bool {
	least, most := 1.0, 0.0
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 16, 64)
		if err != nil || len(part) > 4 {
			return true
		}
		share := float64(n) / float64(uint64(1)<<(4*len(part))-1)
		least, most = min(least, share), max(most, share)
	}
	return (least+most)/2 < 0.5
}

// darkByEnvironment is what some terminals say in COLORFGBG: "0;15" is black on
// white.
func darkByEnvironment(getenv func(string) string) bool {
	fields := strings.Split(getenv("COLORFGBG"), ";")
	background := cmp.Or(fields[len(fields)-1], "0")
	return background != "7" && background != "15"
}
