#!/bin/sh
# debian.sh COMMAND PACKAGE...: installs Debian packages where the command is absent. Needs root for that.
set -eu
command=$1
shift
command -v "$command" > /dev/null && exit 0
echo "Installing $* ..."
apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null && exit 0
echo "$command is missing and could not be installed: apt-get install $*" >&2
exit 1
