//! What is wrong with a flow: one file for each check over the model.
