package keepalive

import "os"

// giveWay renames the journal to its predecessor, and forgets the one before,
// unless that is still needed: then the file grows on, and false is returned.
func giveWay(path string) (bool, error) {
	dropped, err := readFiles(predecessor(path))
	if err != nil {
		return false, err
	}
	if len(dropped) > 0 {
		all, err := readFiles(predecessor(path), path)
		if err != nil || needed(dropped, all) {
			return false, err
		}
	}
	return true, os.Rename(path, predecessor(path))
}

// needed tells whether dropped, the older part of the journal all, has lines of
// the last command that can be undone, or of a check that is not restored.
func needed(dropped, all []byte) bool {
	in := make(map[string]bool)
	for _, cmd := range replay(dropped) {
		in[cmd.id] = true
	}
	commands := replay(all)
	if last, err := lastUndoable(commands, ""); err == nil && in[last.id] {
		return true
	}
	boot := bootID()
	for _, cmd := range replay(checks(all)) {
		if in[cmd.id] && cmd.by.Boot == boot && cmd.unfinished() {
			return true
		}
	}
	return false
}
