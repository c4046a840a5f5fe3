package outbound

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Hosts is a list of the only hosts that something may be sent to: those of a credential, or the domains of an organisation.
// The nil Hosts limits nothing.
type Hosts []Host

// Host is one entry: a name or an address, or with Below every name that ends in it; port 0 means every port.
type Host struct {
	Name  string // in lower case and ASCII
	Below bool   // written *.example.com
	Port  uint16
}

// HostError says which entry of a list of hosts cannot be read.
type HostError struct {
	Entry string
	Key   string // of the sentence for people, which takes Entry
}

// Error gives the text for logs.
func (e *HostError) Error() string { return fmt.Sprintf("%q is not a host: %s", e.Entry, e.Key) }

// ParseHosts reads entries such as api.example.com, *.example.com, api.example.com:8443 and [2001:db8::1]:443; empty ones
// are left out. The error is a [*HostError].
func ParseHosts(entries []string) (Hosts, error) {
	var list Hosts
	for _, entry := range entries {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		h, key := parseHost(entry)
		if key != "" {
			return nil, &HostError{Entry: entry, Key: key}
		}
		list = append(list, h)
	}
	return list, nil
}

func parseHost(entry string) (Host, string) {
	var h Host
	if strings.Contains(entry, "://") || strings.ContainsAny(entry, "/?#@ ") {
		return h, "outbound.hosts.url"
	}
	name := entry
	if addr, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
		h.Name = addr.String()
		return h, ""
	}
	if host, p, err := net.SplitHostPort(entry); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return h, "outbound.hosts.port"
		}
		name, h.Port = host, uint16(n)
		if addr, err := netip.ParseAddr(host); err == nil {
			h.Name = addr.String()
			return h, ""
		}
	}
	name, h.Below = strings.CutPrefix(name, "*.")
	ascii, err := httpguts.PunycodeHostPort(hostName(name))
	if err != nil || checkHostName(ascii) != "" || strings.Contains(ascii, "..") || strings.HasPrefix(ascii, ".") {
		return h, "outbound.hosts.name"
	}
	if h.Below && !strings.Contains(ascii, ".") {
		return h, "outbound.hosts.wide" // *.com
	}
	h.Name = ascii
	return h, ""
}

// String writes the entry as [ParseHosts] reads it.
func (h Host) String() string {
	name := h.Name
	if h.Below {
		name = "*." + name
	}
	switch {
	case h.Port != 0:
		return net.JoinHostPort(name, strconv.Itoa(int(h.Port)))
	case strings.Contains(name, ":"):
		return "[" + name + "]"
	}
	return name
}

// Strings writes the list.
func (l Hosts) Strings() []string {
	out := make([]string, len(l))
	for i, h := range l {
		out[i] = h.String()
	}
	return out
}

// Permit reports whether the list lets a call to that host and port through.
func (l Hosts) Permit(host string, port uint16) bool {
	if l == nil {
		return true
	}
	host = hostName(host)
	if addr, err := netip.ParseAddr(host); err == nil {
		host = addr.WithZone("").String()
	}
	for _, h := range l {
		if h.Port != 0 && h.Port != port {
			continue
		}
		if h.Name == host && !h.Below || h.Below && strings.HasSuffix(host, "."+h.Name) {
			return true
		}
	}
	return false
}

// List names which list keeps a host out.
type List string

// The lists.
const (
	ListCredential List = "credential" // the allowed hosts of a credential
	ListDomains    List = "domains"    // the domain allow-list of the organisation
)

// OutsideError says that a host is not in a list that limits the call.
type OutsideError struct {
	List List
	Host string
}

// Error names the list and the host.
func (e *OutsideError) Error() string {
	return fmt.Sprintf("%s is not in the list of hosts of the %s", e.Host, e.List)
}

func outside(e *OutsideError) *Error {
	return fail(FaultRefused, "outbound.outside."+string(e.List), e, "Host", e.Host)
}
