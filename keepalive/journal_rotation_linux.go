package keepalive

import (
	"bytes"
	"os"
	"slices"
)

// giveWay renames the journal to its predecessor, and forgets the one before,
// unless that is still needed: then the file grows on, and false is returned.
func giveWay(path string) (bool, error) {
	dropped, err := readFiles(predecessor(path))
	if err != nil {
		return false, err
	}
	if len(dropped) > 0 {
		kept, err := readFiles(path)
		if err != nil {
			return false, err
		}
		checks, err := readChecks(predecessor(path), path)
		if err != nil || needed(dropped, kept, checks) {
			return false, err
		}
	}
	return true, os.Rename(path, predecessor(path))
}

// needed tells whether dropped, the older part of the journal, has lines of the
// last command that can be undone, or of a check that is not restored; checks are
// the lines about those in both parts. The outlines of the newer part tell as a
// rule which command that is: the whole may have hundreds of thousands of lines.
func needed(dropped, kept, checks []byte) bool {
	last, err := lastUndoable(replay(outlines(kept)), "")
	if err != nil {
		last, err = lastUndoable(replay(slices.Concat(dropped, kept)), "")
	}
	if err == nil && has(dropped, last.id) {
		return true
	}
	boot := bootID()
	for _, cmd := range replay(checks) {
		if has(dropped, cmd.id) && cmd.by.Boot == boot && cmd.unfinished() {
			return true
		}
	}
	return false
}

// outlines are the lines of text that begin commands, end connections, and say
// what was taken back: a command is there with its first connection alone.
func outlines(text []byte) []byte {
	var found []byte
	for line := range bytes.Lines(text) {
		for _, mark := range []string{`"n":0,`, `"outcome":`, `"complete":`} {
			if bytes.Contains(line, []byte(mark)) {
				found = append(found, line...)
				break
			}
		}
	}
	return found
}

// has tells whether the text has lines of the command.
func has(text []byte, id string) bool { return bytes.Contains(text, []byte(`"id":"`+id+`"`)) }
