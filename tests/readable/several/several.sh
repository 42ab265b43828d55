# Several clients at once; what they print is not shown.
for image in "$@"; do
  openstack image show "$image" > /dev/null &
  openstack image list > /dev/null &
done
openstack image create --container-format bare --disk-format raw --file several.sh notes > /dev/null &
openstack project list > /dev/null &
wait
openstack image delete notes
