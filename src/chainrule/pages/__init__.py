"""What every page of ours is made of: `modules/` holds elements, numbers as people read them, colours and controls;
`bundle` puts modules and data into one file that works without a server.

The pages themselves stand where they belong: the studio's in `studio/page`, a report's in
`explanations/render/interactive`.
"""
