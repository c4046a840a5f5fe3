package pgtest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Launch starts a cluster for a program that is no test, such as cmd/bench. [Cluster.Remove] ends it; so does the end of
// the process.
func Launch(options Options) (*Cluster, error) { return startCluster(options) }

// Remove stops a cluster of [Launch] at once and removes its folder.
func (c *Cluster) Remove() error { return c.remove() }

// URL returns the URL of a database of the cluster, such as postgres, which is always there.
func (c *Cluster) URL(database string) string { return c.url(database) }

// Process returns the process id of the server, whose children serve the connections.
func (c *Cluster) Process() (int, error) {
	text, err := os.ReadFile(filepath.Join(c.dir, "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}
