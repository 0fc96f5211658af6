package conn

import (
	"fmt"
	"slices"
)

// Profile is a set of keepalive parameters with a name.
type Profile struct {
	Name   string
	Params Params
}

// kernelProfile is the name of the profile that is not fixed.
const kernelProfile = "kernel"

// Profiles are the fixed profiles, the most patient first.
func Profiles() []Profile {
	return []Profile{
		{"general", params(300, 30, 3)},
		{"mobile", params(120, 15, 5)},
		{"realtime", params(60, 10, 3)},
	}
}

// KernelProfile is what the sysctls of a namespace give a socket that has no
// parameters of its own. It does not exist while they are not known.
func KernelProfile(s Sysctls) (Profile, bool) {
	return Profile{Name: kernelProfile, Params: s.Keepalive}, s.Known
}

// ProfileNames lists the names that ParseProfile takes.
func ProfileNames() []string {
	fixed := Profiles()
	names := make([]string, 0, len(fixed)+1)
	for _, p := range fixed {
		names = append(names, p.Name)
	}
	return append(names, kernelProfile)
}

// ParseProfile finds a profile by its name; "kernel" stands for the sysctls s
// of the namespace that it is for.
func ParseProfile(name string, s Sysctls) (Profile, error) {
	profiles := Profiles()
	if kernel, ok := KernelProfile(s); ok {
		profiles = append(profiles, kernel)
	}
	i := slices.IndexFunc(profiles, func(p Profile) bool { return p.Name == name })
	switch {
	case i >= 0:
		return profiles[i], nil
	case name == kernelProfile:
		return Profile{}, fmt.Errorf("profile %q: the sysctls of the namespace are not known: use --params", name)
	}
	return Profile{}, UnknownWord("profile", name, ProfileNames())
}

// Setting is the change that gives a connection the profile: keepalive on, with
// all three parameters.
func (p Profile) Setting() Setting { return Setting{State: KeepaliveOn, Params: p.Params} }
