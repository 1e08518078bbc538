"""Ways to run Leadflow. Knows the services by their modules and their HTTP interface only."""
