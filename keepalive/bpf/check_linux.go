package bpf

// Check tells why there is no fast path for reading and for setting, by the
// errors of Load and LoadSetter; nil where there is one. Nothing stays loaded.
func Check() (reading, setting error) {
	it, reading := Load()
	if reading == nil {
		reading = it.Close()
	}
	setter, setting := LoadSetter(1)
	if setting == nil {
		setting = setter.Close()
	}
	return reading, setting
}
